"""Add c12."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c12", sa.Integer))


def downgrade() -> None:
    op.drop_column("facts", "c12")
