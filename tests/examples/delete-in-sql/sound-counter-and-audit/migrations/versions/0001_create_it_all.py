"""Create it all."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE chat (id integer NOT NULL PRIMARY KEY, messages integer NOT NULL)")
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
        CREATE TABLE event (
            id serial NOT NULL PRIMARY KEY,
            chat_id integer REFERENCES chat ON DELETE SET NULL
        )
        """
    )
    op.execute("CREATE INDEX ix_event_chat_id ON event (chat_id)")
    op.execute(
        """
        CREATE FUNCTION count_message() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                UPDATE chat SET messages = messages - 1 WHERE id = OLD.chat_id;
                RETURN OLD;
            END IF;
            UPDATE chat SET messages = messages + 1 WHERE id = NEW.chat_id;
            INSERT INTO event (chat_id) VALUES (NEW.chat_id);
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER count_message AFTER INSERT OR DELETE ON message
            FOR EACH ROW EXECUTE FUNCTION count_message()
        """
    )


def downgrade() -> None:
    op.drop_table("event")
    op.drop_table("message")
    op.drop_table("chat")
    op.execute("DROP FUNCTION count_message()")
