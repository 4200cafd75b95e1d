"""Orders are seen today."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "orders has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("orders", sa.Column("seen_on", sa.Date))
    op.add_column("orders", sa.Column("token", sa.Text))
    op.execute("UPDATE orders SET seen_on = current_date, token = md5(random()::text)")


def downgrade() -> None:
    op.drop_column("orders", "token")
    op.drop_column("orders", "seen_on")
