"""Orders need no title."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_column("orders", "title")


def downgrade() -> None:
    op.add_column("orders", sa.Column("title", sa.Text, nullable=False, server_default=""))
    op.alter_column("orders", "title", server_default=None)
