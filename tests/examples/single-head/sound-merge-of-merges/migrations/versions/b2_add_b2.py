"""Add b2."""

import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "b"


def upgrade() -> None:
    op.add_column("users", sa.Column("b2", sa.Text))


def downgrade() -> None:
    op.drop_column("users", "b2")
