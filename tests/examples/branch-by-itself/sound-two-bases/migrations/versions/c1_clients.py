"""Clients."""

import sqlalchemy as sa
from alembic import op

revision = "c1"
down_revision = None
branch_labels = ("clients",)


def upgrade() -> None:
    op.create_table("clients", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("clients")
