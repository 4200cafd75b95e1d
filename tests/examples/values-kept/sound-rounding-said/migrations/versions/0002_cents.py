"""Prices are in cents."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "prices has a few thousand rows at most"}]


def upgrade() -> None:
    op.alter_column("prices", "amount", type_=sa.Numeric(12, 2), postgresql_using="round(amount, 2)")


def downgrade() -> None:
    op.alter_column("prices", "amount", type_=sa.Numeric(12, 4))
