"""Index c44."""

from alembic import op

revision = "0045"
down_revision = "0044"
schemaproof_allow = [{"check": "writes-blocked", "reason": "facts has a few thousand rows at most"}]


def upgrade() -> None:
    op.create_index("ix_c44", "facts", ["c44"])


def downgrade() -> None:
    op.drop_index("ix_c44", "facts")
