"""Prices are in cents."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.alter_column("prices", "amount", type_=sa.Numeric(12, 2))


def downgrade() -> None:
    op.alter_column("prices", "amount", type_=sa.Numeric(12, 4))
