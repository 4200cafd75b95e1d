"""Build orders anew."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("CREATE TABLE new_orders (LIKE orders INCLUDING ALL)")
    op.execute("INSERT INTO new_orders SELECT * FROM orders")
    op.drop_table("orders")
    op.rename_table("new_orders", "orders")
    op.execute("ALTER INDEX new_orders_pkey RENAME TO orders_pkey")
    op.execute("ALTER SEQUENCE new_orders_id_seq RENAME TO orders_id_seq")
    op.execute("SELECT setval('orders_id_seq', greatest(1, (SELECT max(id) FROM orders)))")


def downgrade() -> None:
    pass
