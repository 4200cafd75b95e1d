"""All messages have a user."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("ALTER TABLE messages VALIDATE CONSTRAINT fk_messages_user_id")


def downgrade() -> None:
    pass
