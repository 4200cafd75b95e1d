"""Fill the km."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("UPDATE orders SET km = metres / 1000.0")


def downgrade() -> None:
    pass
