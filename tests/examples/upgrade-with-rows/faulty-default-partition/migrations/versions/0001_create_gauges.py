"""Create gauges."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "gauges",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("day", sa.Date, primary_key=True),
        postgresql_partition_by="RANGE (day)",
    )
    op.execute("CREATE TABLE gauges_2030 PARTITION OF gauges FOR VALUES FROM ('2030-01-01') TO ('2031-01-01')")
    op.execute("CREATE TABLE gauges_rest PARTITION OF gauges DEFAULT")


def downgrade() -> None:
    op.drop_table("gauges")
