"""Index the line."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("ix_logs_line", "logs", ["line"])


def downgrade() -> None:
    op.drop_index("ix_logs_line", "logs")
