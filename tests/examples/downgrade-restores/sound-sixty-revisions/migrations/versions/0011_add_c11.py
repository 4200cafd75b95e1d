"""Add c11."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c11", sa.Date))


def downgrade() -> None:
    op.drop_column("facts", "c11")
