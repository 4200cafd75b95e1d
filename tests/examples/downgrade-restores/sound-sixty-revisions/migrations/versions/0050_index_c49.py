"""Index c49."""

from alembic import op

revision = "0050"
down_revision = "0049"
schemaproof_allow = [{"check": "writes-blocked", "reason": "facts has a few thousand rows at most"}]


def upgrade() -> None:
    op.create_index("ix_c49", "facts", ["c49"])


def downgrade() -> None:
    op.drop_index("ix_c49", "facts")
