"""Create orders; of old, some have no title."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("title", sa.Text),
        sa.Column("state", sa.Text, nullable=False, server_default="new"),
    )
    op.execute("ALTER TABLE orders ADD CONSTRAINT orders_title CHECK (title IS NOT NULL) NOT VALID")


def downgrade() -> None:
    op.drop_table("orders")
