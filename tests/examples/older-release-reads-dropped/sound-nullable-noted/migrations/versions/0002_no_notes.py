"""No notes, no drafts, no view."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("DROP VIEW noted")
    op.drop_column("orders", "note")
    op.drop_table("drafts")


def downgrade() -> None:
    op.create_table("drafts", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True))
    op.add_column("orders", sa.Column("note", sa.Text))
    op.execute("CREATE VIEW noted AS SELECT id FROM orders")
