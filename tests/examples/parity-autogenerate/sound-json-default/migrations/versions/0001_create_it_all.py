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
        sa.Column("a", sa.JSON, server_default="{}"),
        sa.Column("b", sa.JSON, server_default=sa.text("'[]'::json")),
        sa.Column("c", postgresql.JSONB, server_default=sa.text("'{}'::jsonb")),
    )


def downgrade() -> None:
    op.drop_table("users")
