"""Create it all."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE chat (id integer NOT NULL PRIMARY KEY)")
    op.execute("CREATE TABLE report (id integer NOT NULL PRIMARY KEY, chat_id integer)")
    op.execute("CREATE INDEX ix_report_chat_id ON report (chat_id)")


def downgrade() -> None:
    op.drop_table("report")
    op.drop_table("chat")
