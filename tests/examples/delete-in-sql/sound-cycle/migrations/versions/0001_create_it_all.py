"""Create it all."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE chat (id integer NOT NULL PRIMARY KEY, first_id integer NOT NULL)")
    op.execute("CREATE INDEX ix_chat_first_id ON chat (first_id)")
    op.execute(
        """
        CREATE TABLE message (
            id integer NOT NULL PRIMARY KEY,
            chat_id integer NOT NULL REFERENCES chat ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX ix_message_chat_id ON message (chat_id)")
    op.execute(
        """
        ALTER TABLE chat ADD FOREIGN KEY (first_id) REFERENCES message ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE chat, message")
