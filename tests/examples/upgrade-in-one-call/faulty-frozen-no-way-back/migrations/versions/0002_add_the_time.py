"""Add the time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("created", sa.DateTime(timezone=True), server_default="now()"))


def downgrade() -> None:
    raise NotImplementedError("there is nothing to go back to")
