"""Add the state."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("orders", sa.Column("state", sa.Text, server_default="new", nullable=False))
    op.execute("UPDATE orders SET state = 'first' WHERE code = 'A1'")


def downgrade() -> None:
    op.drop_column("orders", "state")
