"""Create it all."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text)),
    )
    op.create_index("ix_users_tags", "users", ["tags"])


def downgrade() -> None:
    op.drop_table("users")
