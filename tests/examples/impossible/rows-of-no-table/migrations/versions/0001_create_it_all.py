"""Create it all."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE chat (id integer NOT NULL PRIMARY KEY)")
    op.execute(
        """
        CREATE TABLE message (
            id integer NOT NULL PRIMARY KEY,
            chat_id integer NOT NULL REFERENCES chat ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX ix_message_chat_id ON message (chat_id)")


def downgrade() -> None:
    op.drop_table("message")
    op.drop_table("chat")
