"""Add a."""

import sqlalchemy as sa
from alembic import op

revision = "a"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("a", sa.Text))


def downgrade() -> None:
    op.drop_column("users", "a")
