"""Require the state."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.alter_column("orders", "state", nullable=False)
    op.drop_constraint("state_there", "orders")


def downgrade() -> None:
    op.create_check_constraint("state_there", "orders", "state IS NOT NULL")
    op.alter_column("orders", "state", nullable=True)
