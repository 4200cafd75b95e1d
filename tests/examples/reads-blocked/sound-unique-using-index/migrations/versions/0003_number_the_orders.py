"""Number the orders."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("ALTER TABLE orders ADD CONSTRAINT uq_orders_number UNIQUE USING INDEX uq_orders_number")


def downgrade() -> None:
    op.drop_constraint("uq_orders_number", "orders")
    with op.get_context().autocommit_block():
        op.create_index(
            "uq_orders_number",
            "orders",
            ["number", "id"],
            unique=True,
            postgresql_concurrently=True,
            if_not_exists=True,
        )
