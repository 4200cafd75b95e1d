"""Times with their zone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("SET TIME ZONE 'Pacific/Chatham'")
    op.alter_column("events", "opens_at", type_=sa.DateTime(timezone=True))


def downgrade() -> None:
    op.alter_column("events", "opens_at", type_=sa.DateTime)
