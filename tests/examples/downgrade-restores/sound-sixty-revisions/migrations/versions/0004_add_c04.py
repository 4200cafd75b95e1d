"""Add c04."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c04", sa.Integer))


def downgrade() -> None:
    op.drop_column("facts", "c04")
