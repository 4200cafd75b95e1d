"""Another year."""

from alembic import op

revision = "0003"
down_revision = "0002"
schemaproof_allow = [{"check": "reads-blocked", "reason": "events has a few thousand rows at most"}]


YEAR = "at >= '2040-01-01' AND at < '2041-01-01'"


def upgrade() -> None:
    op.execute("ALTER TABLE events DETACH PARTITION events_default")
    op.execute("CREATE TABLE events_2040 PARTITION OF events FOR VALUES FROM ('2040-01-01') TO ('2041-01-01')")
    op.execute(f"INSERT INTO events SELECT * FROM events_default WHERE {YEAR}")
    op.execute(f"DELETE FROM events_default WHERE {YEAR}")
    op.execute("ALTER TABLE events ATTACH PARTITION events_default DEFAULT")


def downgrade() -> None:
    op.execute("ALTER TABLE events DETACH PARTITION events_2040")
    op.execute("INSERT INTO events SELECT * FROM events_2040")
    op.drop_table("events_2040")
