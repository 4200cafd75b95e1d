"""Refer to the parent."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_foreign_key(
        "orders_parent_id_fkey",
        "orders",
        "orders",
        ["parent_id"],
        ["id"],
        postgresql_not_valid=True,
    )


def downgrade() -> None:
    op.drop_constraint("orders_parent_id_fkey", "orders")
