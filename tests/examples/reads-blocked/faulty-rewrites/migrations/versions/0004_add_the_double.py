"""Add the double."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("orders", sa.Column("twice", sa.BigInteger, sa.Computed("quantity * 2", persisted=True)))


def downgrade() -> None:
    op.drop_column("orders", "twice")
