"""Clients."""

import sqlalchemy as sa
from alembic import op

revision = "b7_clients"
down_revision = "0001"


def upgrade() -> None:
    op.create_table("clients", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("clients")
