"""Check the total."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_check_constraint("total_not_negative", "orders", "total >= 0")


def downgrade() -> None:
    op.drop_constraint("total_not_negative", "orders")
