"""Load messages."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE messages DISABLE TRIGGER ALL")
    op.execute("INSERT INTO messages (id, user_id) VALUES (1, 7)")
    op.execute("ALTER TABLE messages ENABLE TRIGGER ALL")


def downgrade() -> None:
    op.execute("DELETE FROM messages WHERE id = 1")
