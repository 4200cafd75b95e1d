"""Another year."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("CREATE TABLE events_2040 PARTITION OF events FOR VALUES FROM ('2040-01-01') TO ('2041-01-01')")


def downgrade() -> None:
    op.drop_table("events_2040")
