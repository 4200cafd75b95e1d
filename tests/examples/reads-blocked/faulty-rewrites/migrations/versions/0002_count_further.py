"""Count further."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.alter_column("orders", "quantity", type_=sa.BigInteger)


def downgrade() -> None:
    op.alter_column("orders", "quantity", type_=sa.Integer)
