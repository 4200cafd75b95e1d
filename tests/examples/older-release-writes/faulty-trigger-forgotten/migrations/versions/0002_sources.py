"""The log says where a line comes from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("log", sa.Column("source", sa.Text))
    op.execute("UPDATE log SET source = 'orders'")
    op.alter_column("log", "source", nullable=False)


def downgrade() -> None:
    op.drop_column("log", "source")
