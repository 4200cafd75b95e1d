"""Create events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("events", sa.Column("id", sa.Integer, primary_key=True), sa.Column("opens_at", sa.DateTime))


def downgrade() -> None:
    op.drop_table("events")
