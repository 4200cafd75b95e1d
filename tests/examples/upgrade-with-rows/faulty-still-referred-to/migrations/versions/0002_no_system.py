"""The system is no tenant any more."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("DELETE FROM tenants WHERE id = 'system'")


def downgrade() -> None:
    op.execute("INSERT INTO tenants VALUES ('system')")
