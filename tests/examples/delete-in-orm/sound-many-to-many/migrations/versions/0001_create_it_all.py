"""Create it all."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE chat (id integer NOT NULL PRIMARY KEY)")
    op.execute("CREATE TABLE tag (id integer NOT NULL PRIMARY KEY)")
    op.execute(
        """
        CREATE TABLE chat_tag (
            chat_id integer NOT NULL REFERENCES chat ON DELETE CASCADE,
            tag_id integer NOT NULL REFERENCES tag ON DELETE CASCADE,
            PRIMARY KEY (chat_id, tag_id)
        )
        """
    )
    op.execute("CREATE INDEX ix_chat_tag_tag_id ON chat_tag (tag_id)")


def downgrade() -> None:
    op.drop_table("chat_tag")
    op.drop_table("tag")
    op.drop_table("chat")
