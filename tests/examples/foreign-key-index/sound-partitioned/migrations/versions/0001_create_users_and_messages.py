"""Create users and messages."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table(
        "messages",
        sa.Column("at", sa.Date, nullable=False),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), index=True),
        postgresql_partition_by="RANGE (at)",
    )
    op.execute("CREATE TABLE messages_old PARTITION OF messages FOR VALUES FROM (MINVALUE) TO ('2039-01-01')")
    op.execute("CREATE TABLE messages_new PARTITION OF messages DEFAULT")


def downgrade() -> None:
    op.drop_table("messages")
    op.drop_table("users")
