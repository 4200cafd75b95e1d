"""Create it all."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE chat (tenant integer NOT NULL, id integer NOT NULL, PRIMARY KEY (tenant, id))")
    op.execute(
        """
        CREATE TABLE message (
            tenant integer NOT NULL,
            id integer NOT NULL,
            chat_id integer,
            PRIMARY KEY (tenant, id),
            FOREIGN KEY (tenant, chat_id) REFERENCES chat ON DELETE SET NULL (chat_id)
        )
        """
    )
    op.execute("CREATE INDEX ix_message_chat ON message (tenant, chat_id)")


def downgrade() -> None:
    op.drop_table("message")
    op.drop_table("chat")
