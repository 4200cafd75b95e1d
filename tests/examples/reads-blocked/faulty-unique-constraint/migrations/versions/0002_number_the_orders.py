"""Number the orders."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_unique_constraint("uq_orders_number", "orders", ["number", "id"])


def downgrade() -> None:
    op.drop_constraint("uq_orders_number", "orders")
