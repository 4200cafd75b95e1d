"""Add the note."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("orders", sa.Column("note", sa.Text))
    op.execute("REFRESH MATERIALIZED VIEW sums")


def downgrade() -> None:
    op.drop_column("orders", "note")
