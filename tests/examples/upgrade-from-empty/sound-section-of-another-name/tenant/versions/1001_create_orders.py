"""Create orders."""

import sqlalchemy as sa
from alembic import op

revision = "1001"
down_revision = None


def upgrade() -> None:
    op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("orders")
