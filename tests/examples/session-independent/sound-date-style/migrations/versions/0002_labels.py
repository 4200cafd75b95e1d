"""Orders have a label."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "orders has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("orders", sa.Column("label", sa.Text))
    op.execute("UPDATE orders SET label = 'due ' || to_char(due, 'YYYY-MM-DD')")


def downgrade() -> None:
    op.drop_column("orders", "label")
