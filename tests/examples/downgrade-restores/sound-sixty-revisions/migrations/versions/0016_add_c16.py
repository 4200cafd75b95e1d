"""Add c16."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c16", sa.Integer))


def downgrade() -> None:
    op.drop_column("facts", "c16")
