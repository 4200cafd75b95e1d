"""Require the state."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.alter_column("orders", "state", nullable=False)


def downgrade() -> None:
    op.alter_column("orders", "state", nullable=True)
