"""Note events."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("events", sa.Column("note", sa.Text))
    op.alter_column("events_first", "note", server_default="")
    op.drop_table("plans")


def downgrade() -> None:
    op.create_table("plans", sa.Column("id", sa.Integer, primary_key=True))
    op.drop_column("events", "note")
