"""Add c59."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c59", sa.Date))


def downgrade() -> None:
    op.drop_column("facts", "c59")
