"""Create orders, drafts and a view."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("note", sa.Text),
    )
    op.create_table("drafts", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True))
    op.execute("CREATE VIEW noted AS SELECT id FROM orders")


def downgrade() -> None:
    op.execute("DROP VIEW noted")
    op.drop_table("drafts")
    op.drop_table("orders")
