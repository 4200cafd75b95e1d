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
            chat_id integer REFERENCES chat ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX ix_message_chat_id ON message (chat_id)")
    op.execute("CREATE TABLE file (id integer NOT NULL PRIMARY KEY, message_id integer REFERENCES message)")
    op.execute("CREATE INDEX ix_file_message_id ON file (message_id)")


def downgrade() -> None:
    op.drop_table("file")
    op.drop_table("message")
    op.drop_table("chat")
