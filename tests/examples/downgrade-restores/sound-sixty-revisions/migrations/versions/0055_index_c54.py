"""Index c54."""

from alembic import op

revision = "0055"
down_revision = "0054"
schemaproof_allow = [{"check": "writes-blocked", "reason": "facts has a few thousand rows at most"}]


def upgrade() -> None:
    op.create_index("ix_c54", "facts", ["c54"])


def downgrade() -> None:
    op.drop_index("ix_c54", "facts")
