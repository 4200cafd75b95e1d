"""Create it all."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE chat (id integer NOT NULL PRIMARY KEY)")
    op.execute("CREATE TABLE person (id integer NOT NULL PRIMARY KEY)")
    op.execute(
        """
        CREATE TABLE chat_member (
            chat_id integer NOT NULL REFERENCES chat ON DELETE CASCADE,
            person_id integer NOT NULL REFERENCES person ON DELETE CASCADE,
            PRIMARY KEY (chat_id, person_id)
        )
        """
    )
    op.execute("CREATE INDEX ix_chat_member_person_id ON chat_member (person_id)")
    op.execute(
        """
        CREATE TABLE message (
            id integer NOT NULL PRIMARY KEY,
            chat_id integer NOT NULL REFERENCES chat ON DELETE CASCADE,
            person_id integer REFERENCES person ON DELETE SET NULL
        )
        """
    )
    op.execute("CREATE INDEX ix_message_chat_id ON message (chat_id)")
    op.execute("CREATE INDEX ix_message_person_id ON message (person_id)")


def downgrade() -> None:
    op.drop_table("message")
    op.drop_table("chat_member")
    op.drop_table("person")
    op.drop_table("chat")
