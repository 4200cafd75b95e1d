"""Add c56."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c56", sa.Integer))


def downgrade() -> None:
    op.drop_column("facts", "c56")
