"""Create logs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "logs",
        sa.Column("id", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        postgresql_partition_by="RANGE (day)",
    )
    op.execute("CREATE TABLE logs_old PARTITION OF logs FOR VALUES FROM (MINVALUE) TO ('2025-01-01')")
    op.execute("CREATE TABLE logs_new PARTITION OF logs FOR VALUES FROM ('2025-01-01') TO (MAXVALUE)")


def downgrade() -> None:
    op.drop_table("logs")
