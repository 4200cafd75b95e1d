"""Index c09."""

from alembic import op

revision = "0010"
down_revision = "0009"
schemaproof_allow = [{"check": "writes-blocked", "reason": "facts has a few thousand rows at most"}]


def upgrade() -> None:
    op.create_index("ix_c09", "facts", ["c09"])


def downgrade() -> None:
    op.drop_index("ix_c09", "facts")
