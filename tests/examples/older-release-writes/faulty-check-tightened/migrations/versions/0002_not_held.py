"""Orders are not held."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_constraint("orders_state", "orders")
    op.execute("UPDATE orders SET state = 'new' WHERE state = 'held'")
    op.create_check_constraint("orders_state", "orders", "state IN ('new', 'paid')")


def downgrade() -> None:
    op.drop_constraint("orders_state", "orders")
    op.create_check_constraint("orders_state", "orders", "state IN ('new', 'paid', 'held')")
