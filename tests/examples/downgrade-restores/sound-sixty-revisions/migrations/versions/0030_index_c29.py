"""Index c29."""

from alembic import op

revision = "0030"
down_revision = "0029"
schemaproof_allow = [{"check": "writes-blocked", "reason": "facts has a few thousand rows at most"}]


def upgrade() -> None:
    op.create_index("ix_c29", "facts", ["c29"])


def downgrade() -> None:
    op.drop_index("ix_c29", "facts")
