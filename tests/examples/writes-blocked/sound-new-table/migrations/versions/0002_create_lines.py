"""Create lines."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "lines",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("order_id", sa.BigInteger, sa.ForeignKey("orders.id", ondelete="CASCADE")),
    )
    op.execute("INSERT INTO lines (order_id) SELECT NULL FROM generate_series(1, 3000)")
    op.create_index("ix_lines_order_id", "lines", ["order_id"])


def downgrade() -> None:
    op.drop_table("lines")
