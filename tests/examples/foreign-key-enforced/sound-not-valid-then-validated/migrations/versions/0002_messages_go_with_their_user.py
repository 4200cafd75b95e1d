"""Messages go with their user."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_foreign_key(
        "fk_messages_user_id", "messages", "users", ["user_id"], ["id"], ondelete="CASCADE", postgresql_not_valid=True
    )


def downgrade() -> None:
    op.drop_constraint("fk_messages_user_id", "messages")
