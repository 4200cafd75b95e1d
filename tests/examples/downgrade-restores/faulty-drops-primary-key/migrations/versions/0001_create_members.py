"""Create members."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("members", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False))


def downgrade() -> None:
    op.drop_table("members")
