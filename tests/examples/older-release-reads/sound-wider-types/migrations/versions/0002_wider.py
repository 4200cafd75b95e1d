"""All is wider."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "orders has a few thousand rows at most"}]


def upgrade() -> None:
    op.alter_column("orders", "id", type_=sa.BigInteger)
    op.alter_column("orders", "code", type_=sa.Text)
    op.alter_column("orders", "placed", type_=sa.DateTime(timezone=True), postgresql_using="placed AT TIME ZONE 'UTC'")
    op.alter_column("orders", "details", type_=postgresql.JSONB, postgresql_using="details::jsonb")
    op.alter_column("orders", "amount", type_=sa.Numeric)


def downgrade() -> None:
    op.alter_column("orders", "amount", type_=sa.Integer, postgresql_using="round(least(amount, 1000000))")
    op.alter_column("orders", "details", type_=sa.JSON, postgresql_using="details::json")
    op.alter_column("orders", "placed", type_=sa.DateTime, postgresql_using="placed AT TIME ZONE 'UTC'")
    op.alter_column("orders", "code", type_=sa.String(20), postgresql_using="left(code, 20)")
    op.alter_column("orders", "id", type_=sa.Integer)
