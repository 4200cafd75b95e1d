"""Number the orders."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("ALTER TABLE orders ADD CONSTRAINT uq_orders_number UNIQUE USING INDEX uq_orders_number")


def downgrade() -> None:
    op.execute("ALTER TABLE orders DROP CONSTRAINT IF EXISTS uq_orders_number")
    with op.get_context().autocommit_block():
        # What a failed attempt left.
        op.drop_index("uq_orders_number", "orders", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            "uq_orders_number",
            "orders",
            ["number", "id"],
            unique=True,
            postgresql_concurrently=True,
        )
