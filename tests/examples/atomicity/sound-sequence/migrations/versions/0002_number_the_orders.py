"""Number the orders."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "orders has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("orders", sa.Column("number", sa.BigInteger))
    op.execute("UPDATE orders SET number = nextval('order_numbers')")
    op.create_index("ix_orders_number", "orders", ["number"])


def downgrade() -> None:
    op.drop_index("ix_orders_number", "orders")
    op.drop_column("orders", "number")
