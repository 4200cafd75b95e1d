"""Every post has a user."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("INSERT INTO users (id) VALUES (0) ON CONFLICT DO NOTHING")
    op.execute("UPDATE posts SET user_id = 0 WHERE user_id IS NULL")
    op.alter_column("posts", "user_id", nullable=False)


def downgrade() -> None:
    op.alter_column("posts", "user_id", nullable=True)
