"""Orders have a currency."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "orders has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("orders", sa.Column("currency", sa.String(3), nullable=False, server_default="EUR"))
    op.add_column("orders", sa.Column("note", sa.Text))
    op.alter_column("orders", "state", type_=sa.String(40))
    op.create_check_constraint("orders_currency", "orders", "currency <> ''")
    op.create_index("orders_title", "orders", ["title"])


def downgrade() -> None:
    op.drop_index("orders_title", "orders")
    op.drop_constraint("orders_currency", "orders")
    op.alter_column("orders", "state", type_=sa.String(20), postgresql_using="left(state, 20)")
    op.drop_column("orders", "note")
    op.drop_column("orders", "currency")
