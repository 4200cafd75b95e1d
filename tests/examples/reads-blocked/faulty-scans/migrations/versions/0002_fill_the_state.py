"""Fill the state."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("UPDATE orders SET state = 'new' WHERE state IS NULL")


def downgrade() -> None:
    pass
