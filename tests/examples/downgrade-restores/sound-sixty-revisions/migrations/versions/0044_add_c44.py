"""Add c44."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c44", sa.Integer))


def downgrade() -> None:
    op.drop_column("facts", "c44")
