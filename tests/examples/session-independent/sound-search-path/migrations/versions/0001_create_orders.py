"""Create orders, in a schema of the project's own."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA shop")
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("note", sa.Text),
        schema="shop",
    )


def downgrade() -> None:
    op.drop_table("orders", schema="shop")
    op.execute("DROP SCHEMA shop")
