"""Add c22."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c22", sa.Boolean))


def downgrade() -> None:
    op.drop_column("facts", "c22")
