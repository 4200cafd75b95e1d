"""Users need no name."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.alter_column("users", "name", nullable=True)


def downgrade() -> None:
    op.alter_column("users", "name", nullable=False)
