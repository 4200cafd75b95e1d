"""Events close."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("events", sa.Column("closes_at", sa.DateTime(timezone=True), server_default="2040-01-01 00:00"))


def downgrade() -> None:
    op.drop_column("events", "closes_at")
