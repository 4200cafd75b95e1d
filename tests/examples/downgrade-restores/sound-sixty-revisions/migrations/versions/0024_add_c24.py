"""Add c24."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c24", sa.Integer))


def downgrade() -> None:
    op.drop_column("facts", "c24")
