"""Orders need no title."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_constraint("orders_title", "orders")


def downgrade() -> None:
    op.execute("ALTER TABLE orders ADD CONSTRAINT orders_title CHECK (title IS NOT NULL) NOT VALID")
