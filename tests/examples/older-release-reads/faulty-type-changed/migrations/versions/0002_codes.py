"""Codes may have letters."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.alter_column("orders", "code", type_=sa.Text, postgresql_using="code::text")


def downgrade() -> None:
    op.alter_column("orders", "code", type_=sa.Integer, postgresql_using="length(code)")
