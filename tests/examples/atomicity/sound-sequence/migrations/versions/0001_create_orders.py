"""Create orders."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True), sa.Column("article", sa.Text))
    op.execute("CREATE SEQUENCE order_numbers")
    op.execute("INSERT INTO orders (article) VALUES ('apples'), ('bread')")


def downgrade() -> None:
    op.execute("DROP SEQUENCE order_numbers")
    op.drop_table("orders")
