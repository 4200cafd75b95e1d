"""Create the log."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("name", sa.Text), schema="audit")
    op.create_table("log", sa.Column("id", sa.Integer, primary_key=True), schema="audit")


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS log")
    op.drop_column("users", "name", schema="audit")
