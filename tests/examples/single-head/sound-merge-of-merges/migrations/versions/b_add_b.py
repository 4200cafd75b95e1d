"""Add b."""

import sqlalchemy as sa
from alembic import op

revision = "b"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("b", sa.Text))


def downgrade() -> None:
    op.drop_column("users", "b")
