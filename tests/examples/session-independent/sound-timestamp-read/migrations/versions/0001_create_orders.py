"""Create orders."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("placed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.Date),
    )


def downgrade() -> None:
    op.drop_table("orders")
