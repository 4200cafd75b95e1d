"""Index the email."""

from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "writes-blocked", "reason": "users has a few thousand rows at most"}]


def upgrade() -> None:
    op.create_index("ix_users_email", "users", ["email"])


def downgrade() -> None:
    op.drop_index("ix_users_email", "users")
