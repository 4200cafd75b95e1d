"""Create it all."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA audit")
    op.create_table("log", sa.Column("id", sa.Integer, primary_key=True), schema="audit")


def downgrade() -> None:
    op.drop_table("log", schema="audit")
    op.execute("DROP SCHEMA audit")
