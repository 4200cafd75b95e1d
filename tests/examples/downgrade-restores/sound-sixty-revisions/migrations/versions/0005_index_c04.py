"""Index c04."""

from alembic import op

revision = "0005"
down_revision = "0004"
schemaproof_allow = [{"check": "writes-blocked", "reason": "facts has a few thousand rows at most"}]


def upgrade() -> None:
    op.create_index("ix_c04", "facts", ["c04"])


def downgrade() -> None:
    op.drop_index("ix_c04", "facts")
