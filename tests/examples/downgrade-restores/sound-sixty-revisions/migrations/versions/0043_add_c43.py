"""Add c43."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c43", sa.Date))


def downgrade() -> None:
    op.drop_column("facts", "c43")
