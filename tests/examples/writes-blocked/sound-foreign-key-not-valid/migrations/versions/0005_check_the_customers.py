"""Check the customers."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_customer_id_fkey")


def downgrade() -> None:
    pass
