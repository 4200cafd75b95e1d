"""Create events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE events (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)")
    op.execute("CREATE TABLE events_first PARTITION OF events DEFAULT")
    op.create_table("plans", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("plans")
    op.drop_table("events")
