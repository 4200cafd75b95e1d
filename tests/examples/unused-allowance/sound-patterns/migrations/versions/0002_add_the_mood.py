"""Add the mood."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    op.add_column("users", sa.Column("mood", postgresql.ENUM(name="mood", create_type=False)))


def downgrade() -> None:
    op.drop_column("users", "mood")
