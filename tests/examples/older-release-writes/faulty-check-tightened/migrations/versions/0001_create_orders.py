"""Create orders."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("state", sa.Text, nullable=False, server_default="new"),
        sa.CheckConstraint("state IN ('new', 'paid', 'held')", name="orders_state"),
    )


def downgrade() -> None:
    op.drop_table("orders")
