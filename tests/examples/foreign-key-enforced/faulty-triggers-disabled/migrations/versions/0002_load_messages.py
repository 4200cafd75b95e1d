"""Load messages."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE messages DISABLE TRIGGER ALL")


def downgrade() -> None:
    op.execute("ALTER TABLE messages ENABLE TRIGGER ALL")
