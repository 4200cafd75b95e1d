"""A partition for 2031."""

from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "gauges has a few thousand rows at most"}]


def upgrade() -> None:
    op.execute("ALTER TABLE gauges DETACH PARTITION gauges_rest")
    op.execute("CREATE TABLE gauges_2031 PARTITION OF gauges FOR VALUES FROM ('2031-01-01') TO ('2032-01-01')")
    op.execute("INSERT INTO gauges SELECT * FROM gauges_rest WHERE day >= '2031-01-01' AND day < '2032-01-01'")
    op.execute("DELETE FROM gauges_rest WHERE day >= '2031-01-01' AND day < '2032-01-01'")
    op.execute("ALTER TABLE gauges ATTACH PARTITION gauges_rest DEFAULT")


def downgrade() -> None:
    op.execute("ALTER TABLE gauges DETACH PARTITION gauges_2031")
    op.execute("INSERT INTO gauges SELECT * FROM gauges_2031")
    op.drop_table("gauges_2031")
