"""Add c26."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c26", sa.Boolean))


def downgrade() -> None:
    op.drop_column("facts", "c26")
