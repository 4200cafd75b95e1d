"""Create it all."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mood", postgresql.ENUM("sad", "ok", name="mood", create_type=False)),
    )


def downgrade() -> None:
    op.drop_table("users")
    op.execute("DROP TYPE mood")
