"""Orders are in no state."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_column("orders", "state")


def downgrade() -> None:
    op.add_column("orders", sa.Column("state", sa.String(20), nullable=False, server_default="new"))
