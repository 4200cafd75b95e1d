"""Add c07."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c07", sa.Date))


def downgrade() -> None:
    op.drop_column("facts", "c07")
