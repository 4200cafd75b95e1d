"""Who did it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("log", sa.Column("who", sa.Text), schema="audit")


def downgrade() -> None:
    op.execute("SET search_path TO audit, public")
    op.execute("ALTER TABLE log DROP COLUMN who")
