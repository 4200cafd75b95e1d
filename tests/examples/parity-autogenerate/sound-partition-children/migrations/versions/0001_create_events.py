"""Create events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Date, primary_key=True),
        postgresql_partition_by="RANGE (at)",
    )
    op.execute("CREATE TABLE events_2039 PARTITION OF events FOR VALUES FROM ('2039-01-01') TO ('2040-01-01')")
    op.execute("CREATE TABLE events_default PARTITION OF events DEFAULT")


def downgrade() -> None:
    op.drop_table("events")
