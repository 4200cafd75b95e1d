"""Add c23."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c23", sa.Date))


def downgrade() -> None:
    op.drop_column("facts", "c23")
