"""Give all orders to one."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("UPDATE orders SET customer_id = (SELECT min(id) FROM customers)")


def downgrade() -> None:
    pass
