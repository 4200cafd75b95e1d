"""People may be happy."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'happy'")


def downgrade() -> None:
    pass
