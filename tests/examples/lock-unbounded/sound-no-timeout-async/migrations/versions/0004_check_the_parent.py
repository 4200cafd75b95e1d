"""Check the parent."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_parent_id_fkey")


def downgrade() -> None:
    pass
