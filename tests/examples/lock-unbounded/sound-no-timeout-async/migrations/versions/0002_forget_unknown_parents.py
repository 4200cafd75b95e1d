"""Forget unknown parents."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("UPDATE orders SET parent_id = NULL")


def downgrade() -> None:
    pass
