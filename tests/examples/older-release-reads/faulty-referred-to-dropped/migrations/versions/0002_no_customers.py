"""Orders keep the name of their customer."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("orders", sa.Column("customer", sa.Text))
    op.execute("UPDATE orders SET customer = c.name FROM customers c WHERE c.id = customer_id")
    op.drop_column("orders", "customer_id")
    op.drop_table("customers")


def downgrade() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.execute("INSERT INTO customers (name) SELECT DISTINCT customer FROM orders WHERE customer IS NOT NULL")
    op.add_column("orders", sa.Column("customer_id", sa.BigInteger, sa.ForeignKey("customers.id")))
    op.create_index("ix_orders_customer_id", "orders", ["customer_id"])
    op.execute("UPDATE orders SET customer_id = c.id FROM customers c WHERE c.name = customer")
    op.drop_column("orders", "customer")
