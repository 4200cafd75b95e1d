"""Merge and index."""

from alembic import op

revision = "0003"
down_revision = ("0002a", "0002b")
schemaproof_allow = [{"check": "writes-blocked", "reason": "users has a few thousand rows at most"}]


def upgrade() -> None:
    op.create_index("ix_users_email_age", "users", ["email", "age"])


def downgrade() -> None:
    op.drop_index("ix_users_email_age", "users")
