"""Add c."""

import sqlalchemy as sa
from alembic import op

revision = "c"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("c", sa.Text))


def downgrade() -> None:
    op.drop_column("users", "c")
