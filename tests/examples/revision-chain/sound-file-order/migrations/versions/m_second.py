"""Add the name."""

import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = "f3"


def upgrade() -> None:
    op.add_column("users", sa.Column("name", sa.String(50), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("users", "name")
