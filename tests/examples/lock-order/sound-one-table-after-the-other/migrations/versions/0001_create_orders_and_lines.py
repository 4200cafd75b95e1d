"""Create orders and lines."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("orders", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True))
    op.create_table("lines", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True))


def downgrade() -> None:
    op.drop_table("lines")
    op.drop_table("orders")
