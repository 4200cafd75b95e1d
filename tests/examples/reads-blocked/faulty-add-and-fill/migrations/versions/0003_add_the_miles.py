"""Add the miles."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("orders", sa.Column("miles", sa.Numeric(12, 3)))
    connection = op.get_bind()
    orders = [] if op.get_context().as_sql else connection.execute(sa.text("SELECT id, metres FROM orders")).all()
    for number, metres in orders:
        connection.execute(sa.text(f"UPDATE orders SET miles = {metres} / 1609.344 WHERE id = {number}"))


def downgrade() -> None:
    op.drop_column("orders", "miles")
