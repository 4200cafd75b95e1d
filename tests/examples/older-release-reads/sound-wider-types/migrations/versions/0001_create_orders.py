"""Create orders."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("placed", sa.DateTime, nullable=False),
        sa.Column("details", sa.JSON),
        sa.Column("amount", sa.Integer),
    )


def downgrade() -> None:
    op.drop_table("orders")
