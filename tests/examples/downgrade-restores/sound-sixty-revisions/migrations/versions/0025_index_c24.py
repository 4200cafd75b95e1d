"""Index c24."""

from alembic import op

revision = "0025"
down_revision = "0024"
schemaproof_allow = [{"check": "writes-blocked", "reason": "facts has a few thousand rows at most"}]


def upgrade() -> None:
    op.create_index("ix_c24", "facts", ["c24"])


def downgrade() -> None:
    op.drop_index("ix_c24", "facts")
