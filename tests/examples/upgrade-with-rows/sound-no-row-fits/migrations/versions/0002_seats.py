"""Licences have seats."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("licences", sa.Column("seats", sa.Integer, nullable=False))


def downgrade() -> None:
    op.drop_column("licences", "seats")
