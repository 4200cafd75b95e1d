"""Payloads are jsonb."""

from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "events has a few thousand rows at most"}]


def upgrade() -> None:
    op.execute("ALTER TABLE events ALTER payload TYPE jsonb USING payload::jsonb")


def downgrade() -> None:
    op.execute("ALTER TABLE events ALTER payload TYPE json USING payload::json")
