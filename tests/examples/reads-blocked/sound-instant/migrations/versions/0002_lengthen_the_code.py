"""Lengthen the code."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "downgrade-with-rows", "reason": "whoever goes back shortens the codes first"}]


def upgrade() -> None:
    op.alter_column("orders", "code", type_=sa.String(100))


def downgrade() -> None:
    op.alter_column("orders", "code", type_=sa.String(50))
