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
            chat_id integer NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX ix_message_chat_id ON message (chat_id)")
    op.execute(
        """
        CREATE FUNCTION refers() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM chat WHERE id = NEW.chat_id) THEN
                RAISE foreign_key_violation USING MESSAGE = 'there is no such chat';
            END IF;
            RETURN NEW;
        END
        $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION cascade() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM message WHERE chat_id = OLD.id;
            RETURN NULL;
        END
        $$
        """
    )
    op.execute("CREATE TRIGGER refers BEFORE INSERT OR UPDATE ON message FOR EACH ROW EXECUTE FUNCTION refers()")
    op.execute("CREATE TRIGGER cascade AFTER DELETE ON chat FOR EACH ROW EXECUTE FUNCTION cascade()")


def downgrade() -> None:
    op.drop_table("message")
    op.drop_table("chat")
    op.execute("DROP FUNCTION refers(), cascade()")
