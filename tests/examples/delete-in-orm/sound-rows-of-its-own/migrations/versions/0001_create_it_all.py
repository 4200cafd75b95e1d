"""Create it all."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE chat (id integer NOT NULL PRIMARY KEY, title varchar NOT NULL)")
    op.execute(
        """
        CREATE TABLE note (
            id integer NOT NULL PRIMARY KEY,
            chat_id integer NOT NULL REFERENCES chat ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX ix_note_chat_id ON note (chat_id)")
    op.execute("CREATE TABLE setting (name varchar NOT NULL PRIMARY KEY)")
    op.execute("CREATE TABLE old_setting (name varchar NOT NULL PRIMARY KEY CHECK (md5(name) LIKE '8%'))")


def downgrade() -> None:
    op.drop_table("old_setting")
    op.drop_table("setting")
    op.drop_table("note")
    op.drop_table("chat")
