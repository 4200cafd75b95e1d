"""Clients have an age."""

import sqlalchemy as sa
from alembic import op

revision = "c2"
down_revision = "c1"


def upgrade() -> None:
    op.add_column("clients", sa.Column("age", sa.Integer))


def downgrade() -> None:
    op.drop_column("clients", "age")
