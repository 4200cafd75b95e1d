"""Add c19."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c19", sa.Date))


def downgrade() -> None:
    op.drop_column("facts", "c19")
