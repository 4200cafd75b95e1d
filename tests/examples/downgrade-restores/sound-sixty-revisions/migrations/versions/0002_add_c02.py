"""Add c02."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c02", sa.Boolean))


def downgrade() -> None:
    op.drop_column("facts", "c02")
