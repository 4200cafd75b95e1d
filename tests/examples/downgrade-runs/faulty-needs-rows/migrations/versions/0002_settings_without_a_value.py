"""Settings without a value."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.alter_column("settings", "value", nullable=True)
    op.execute("INSERT INTO settings (key) VALUES ('theme')")


def downgrade() -> None:
    op.alter_column("settings", "value", nullable=False)
