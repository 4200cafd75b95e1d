"""Create the log."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("SET search_path TO audit, public")
    op.create_table("log", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("log", schema="audit")
