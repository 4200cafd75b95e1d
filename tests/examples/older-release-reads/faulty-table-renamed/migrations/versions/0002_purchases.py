"""Orders are purchases."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.rename_table("orders", "purchases")


def downgrade() -> None:
    op.rename_table("purchases", "orders")
