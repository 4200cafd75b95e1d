"""The application says in which state an order is."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.alter_column("orders", "state", server_default=None)


def downgrade() -> None:
    op.alter_column("orders", "state", server_default="new")
