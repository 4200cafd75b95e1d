"""Index c34."""

from alembic import op

revision = "0035"
down_revision = "0034"
schemaproof_allow = [{"check": "writes-blocked", "reason": "facts has a few thousand rows at most"}]


def upgrade() -> None:
    op.create_index("ix_c34", "facts", ["c34"])


def downgrade() -> None:
    op.drop_index("ix_c34", "facts")
