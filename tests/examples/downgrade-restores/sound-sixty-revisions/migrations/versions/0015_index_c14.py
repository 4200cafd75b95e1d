"""Index c14."""

from alembic import op

revision = "0015"
down_revision = "0014"
schemaproof_allow = [{"check": "writes-blocked", "reason": "facts has a few thousand rows at most"}]


def upgrade() -> None:
    op.create_index("ix_c14", "facts", ["c14"])


def downgrade() -> None:
    op.drop_index("ix_c14", "facts")
