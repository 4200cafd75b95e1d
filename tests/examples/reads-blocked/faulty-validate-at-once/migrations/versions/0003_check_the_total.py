"""Check the total."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_check_constraint("total_not_negative", "orders", "total >= 0", postgresql_not_valid=True)
    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT total_not_negative")


def downgrade() -> None:
    op.drop_constraint("total_not_negative", "orders")
