"""Orders have no title."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.drop_column("orders", "title")


def downgrade() -> None:
    op.add_column("orders", sa.Column("title", sa.Text))
