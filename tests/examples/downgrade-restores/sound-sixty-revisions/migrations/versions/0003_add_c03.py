"""Add c03."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c03", sa.Date))


def downgrade() -> None:
    op.drop_column("facts", "c03")
