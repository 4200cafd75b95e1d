"""Orders have a label."""

import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "orders has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("orders", sa.Column("label", sa.Text))
    op.execute("UPDATE orders SET due = '04/05/2031' WHERE due IS NULL")
    if context.is_offline_mode():
        return
    connection = op.get_bind()
    for order in connection.execute(sa.text("SELECT id, placed FROM orders")).all():
        connection.execute(
            sa.text("UPDATE orders SET label = :label WHERE id = :id"),
            {"label": f"placed in {order.placed.year}", "id": order.id},
        )


def downgrade() -> None:
    op.drop_column("orders", "label")
