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
            chat_id integer REFERENCES chat ON DELETE CASCADE,
            pinned integer
        )
        """
    )
    op.execute("CREATE INDEX ix_message_chat_id ON message (chat_id)")
    op.execute(
        """
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.pinned < 0 THEN RETURN NULL; END IF;
            RETURN OLD;
        END $$
        """
    )
    op.execute("CREATE TRIGGER keep BEFORE DELETE ON message FOR EACH ROW EXECUTE FUNCTION keep()")


def downgrade() -> None:
    op.drop_table("message")
    op.drop_table("chat")
    op.execute("DROP FUNCTION keep()")
