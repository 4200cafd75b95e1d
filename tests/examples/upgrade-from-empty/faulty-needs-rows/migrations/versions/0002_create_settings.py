"""Create settings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table("settings", sa.Column("tenant_id", sa.Integer, sa.ForeignKey("tenants.id"), primary_key=True))
    op.execute("INSERT INTO settings (tenant_id) VALUES ((SELECT id FROM tenants WHERE name = 'default'))")


def downgrade() -> None:
    op.drop_table("settings")
