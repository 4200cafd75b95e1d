"""Create it all."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE message (id integer NOT NULL PRIMARY KEY, reply_to integer REFERENCES message ON DELETE CASCADE)"
    )
    op.execute("CREATE INDEX ix_message_reply_to ON message (reply_to)")
    op.execute(
        """
        CREATE TABLE picture (
            id integer NOT NULL PRIMARY KEY,
            message_id integer NOT NULL REFERENCES message ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX ix_picture_message_id ON picture (message_id)")


def downgrade() -> None:
    op.drop_table("picture")
    op.drop_table("message")
