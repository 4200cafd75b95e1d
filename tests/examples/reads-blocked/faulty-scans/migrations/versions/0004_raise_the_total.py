"""Raise the total."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("UPDATE orders SET total = 0 WHERE total < 0")


def downgrade() -> None:
    pass
