"""Times have a zone."""

from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "logs has a few thousand rows at most"}]


def upgrade() -> None:
    op.execute("ALTER TABLE logs ALTER at TYPE timestamptz USING at AT TIME ZONE 'UTC'")


def downgrade() -> None:
    op.execute("ALTER TABLE logs ALTER at TYPE timestamp USING at AT TIME ZONE 'UTC'")
