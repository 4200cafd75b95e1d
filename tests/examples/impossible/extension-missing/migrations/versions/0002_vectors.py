"""Vectors."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS example_vectors")


def downgrade() -> None:
    op.execute("DROP EXTENSION example_vectors")
