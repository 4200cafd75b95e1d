"""No order is for free, and none is delivered before it is placed."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("UPDATE orders SET price = 0.01 WHERE price <= 0")
    op.execute("UPDATE orders SET delivered = placed WHERE delivered < placed")
    op.create_check_constraint("orders_price", "orders", "price > 0")
    op.create_check_constraint("orders_delivered", "orders", "delivered >= placed")


def downgrade() -> None:
    op.drop_constraint("orders_delivered", "orders")
    op.drop_constraint("orders_price", "orders")
