"""Which is the euro."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.alter_column("orders", "currency", server_default="EUR")


def downgrade() -> None:
    op.alter_column("orders", "currency", server_default=None)
