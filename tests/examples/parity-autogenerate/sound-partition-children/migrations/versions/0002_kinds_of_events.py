"""Kinds of events."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "events has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("events", sa.Column("kind", sa.Text, server_default="click"))
    op.create_index("ix_events_kind", "events", ["kind"])


def downgrade() -> None:
    op.drop_index("ix_events_kind", "events")
    op.drop_column("events", "kind")
