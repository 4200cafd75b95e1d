"""Times have a zone."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE logs ALTER at TYPE timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE logs ALTER at TYPE timestamp USING at AT TIME ZONE 'UTC'")
