"""Incidents have a summary, or none."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "incidents has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("incidents", sa.Column("summary", sa.Text))
    op.execute("UPDATE incidents SET summary = description")
    op.drop_column("incidents", "description")


def downgrade() -> None:
    op.add_column("incidents", sa.Column("description", sa.Text, nullable=False, server_default=""))
    op.execute("UPDATE incidents SET description = coalesce(summary, '')")
    op.drop_column("incidents", "summary")
