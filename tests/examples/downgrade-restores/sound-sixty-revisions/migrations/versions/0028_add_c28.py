"""Add c28."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c28", sa.Integer))


def downgrade() -> None:
    op.drop_column("facts", "c28")
