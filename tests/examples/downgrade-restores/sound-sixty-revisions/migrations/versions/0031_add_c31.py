"""Add c31."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c31", sa.Date))


def downgrade() -> None:
    op.drop_column("facts", "c31")
