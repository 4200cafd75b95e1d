"""Create users and messages."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users", sa.Column("tenant", sa.Integer, primary_key=True), sa.Column("id", sa.Integer, primary_key=True)
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.Integer),
        sa.Column("user_id", sa.Integer),
        sa.ForeignKeyConstraint(["tenant", "user_id"], ["users.tenant", "users.id"], ondelete="CASCADE"),
        sa.Index("ix_messages_user", "user_id", "tenant"),
    )


def downgrade() -> None:
    op.drop_table("messages")
    op.drop_table("users")
