"""Create it all."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.Float, server_default=sa.func.random()),
        sa.Column("b", sa.Uuid, server_default=sa.text("pg_catalog.gen_random_uuid()")),
        sa.Column("c", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()")),
    )


def downgrade() -> None:
    op.drop_table("users")
