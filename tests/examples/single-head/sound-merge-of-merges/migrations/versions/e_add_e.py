"""Add e."""

import sqlalchemy as sa
from alembic import op

revision = "e"
down_revision = ("b2", "c")


def upgrade() -> None:
    op.add_column("users", sa.Column("e", sa.Text))


def downgrade() -> None:
    op.drop_column("users", "e")
