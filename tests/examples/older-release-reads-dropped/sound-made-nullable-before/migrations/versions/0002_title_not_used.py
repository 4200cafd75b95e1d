"""Titles are not used any more."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.alter_column("orders", "title", nullable=True)


def downgrade() -> None:
    op.execute("UPDATE orders SET title = '' WHERE title IS NULL")
    op.alter_column("orders", "title", nullable=False)
