"""Vacuum."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("VACUUM (ANALYZE) users")


def downgrade() -> None:
    pass
