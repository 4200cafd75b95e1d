"""Add the name."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("name", sa.String(50), nullable=False))


def downgrade() -> None:
    op.drop_column("users", "name")
