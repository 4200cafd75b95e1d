"""Seed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.bulk_insert(
        sa.table("settings", sa.column("key", sa.Text), sa.column("value", sa.Text)),
        [{"key": "theme", "value": "100% dark"}, {"key": "o'clock", "value": ":12"}],
    )


def downgrade() -> None:
    op.execute("DELETE FROM settings WHERE key IN ('theme', 'o''clock')")
