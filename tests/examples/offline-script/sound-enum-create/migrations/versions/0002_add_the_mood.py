"""Add the mood."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

MOOD = postgresql.ENUM("sad", "ok", name="mood", create_type=False)


def upgrade() -> None:
    MOOD.create(op.get_bind(), checkfirst=True)
    op.add_column("users", sa.Column("mood", MOOD))


def downgrade() -> None:
    op.drop_column("users", "mood")
    MOOD.drop(op.get_bind(), checkfirst=True)
