"""Add the email."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE users ADD COLUMN IF NOT EXISTS email text")


def downgrade() -> None:
    op.drop_column("users", "email")
