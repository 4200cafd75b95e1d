"""Add c27."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c27", sa.Date))


def downgrade() -> None:
    op.drop_column("facts", "c27")
