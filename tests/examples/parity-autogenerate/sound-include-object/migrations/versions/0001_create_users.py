"""Create users."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table("tool_jobs", sa.Column("id", sa.Integer, primary_key=True), sa.Column("state", sa.Text, index=True))


def downgrade() -> None:
    op.drop_table("tool_jobs")
    op.drop_table("users")
