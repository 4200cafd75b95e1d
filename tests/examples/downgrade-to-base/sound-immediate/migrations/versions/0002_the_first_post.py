"""The first post."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("INSERT INTO users (id) VALUES (1)")
    op.execute("INSERT INTO posts (id, user_id) VALUES (1, 1)")


def downgrade() -> None:
    op.execute("DELETE FROM users WHERE id = 1")
    op.execute("DELETE FROM posts WHERE id = 1")
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
