"""Index the state."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # What a failed attempt left.
        op.drop_index("ix_orders_state", "orders", postgresql_concurrently=True, if_exists=True)
        op.create_index("ix_orders_state", "orders", ["state"], postgresql_concurrently=True)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_orders_state", "orders", postgresql_concurrently=True, if_exists=True)
