"""Orders have a label; not every installation has orders."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "orders has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("orders", sa.Column("label", sa.Text), schema="shop")
    op.execute(
        "DO $$ BEGIN IF to_regclass('shop.orders') IS NOT NULL THEN"
        " UPDATE shop.orders SET label = 'old'; END IF; END $$"
    )


def downgrade() -> None:
    op.drop_column("orders", "label", schema="shop")
