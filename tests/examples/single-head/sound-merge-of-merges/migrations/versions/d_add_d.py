"""Add d."""

import sqlalchemy as sa
from alembic import op

revision = "d"
down_revision = ("a", "b2")


def upgrade() -> None:
    op.add_column("users", sa.Column("d", sa.Text))


def downgrade() -> None:
    op.drop_column("users", "d")
