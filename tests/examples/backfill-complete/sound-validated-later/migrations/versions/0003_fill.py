"""It is the merchant's."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("UPDATE sales SET currency = merchants.currency FROM merchants WHERE merchants.id = sales.merchant_id")
    op.execute("UPDATE sales SET currency = 'EUR' WHERE currency IS NULL")


def downgrade() -> None:
    op.execute("UPDATE sales SET currency = NULL")
