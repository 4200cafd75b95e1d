"""Add c39."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c39", sa.Date))


def downgrade() -> None:
    op.drop_column("facts", "c39")
