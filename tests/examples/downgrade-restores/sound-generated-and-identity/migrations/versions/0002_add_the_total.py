"""Add the total."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "items has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("items", sa.Column("total", sa.Numeric(12, 2), sa.Computed("(price*quantity)", persisted=True)))


def downgrade() -> None:
    op.drop_column("items", "total")
