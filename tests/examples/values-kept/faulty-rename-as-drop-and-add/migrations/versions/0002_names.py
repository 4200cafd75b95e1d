"""The nick is a name."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("name", sa.Text))
    op.drop_column("users", "nick")


def downgrade() -> None:
    op.add_column("users", sa.Column("nick", sa.Text))
    op.drop_column("users", "name")
