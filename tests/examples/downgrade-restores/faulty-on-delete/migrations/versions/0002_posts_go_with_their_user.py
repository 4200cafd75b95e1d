"""Posts go with their user."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_constraint("fk_posts_user_id", "posts")
    op.create_foreign_key("fk_posts_user_id", "posts", "users", ["user_id"], ["id"], ondelete="CASCADE")


def downgrade() -> None:
    op.drop_constraint("fk_posts_user_id", "posts")
    op.create_foreign_key("fk_posts_user_id", "posts", "users", ["user_id"], ["id"])
