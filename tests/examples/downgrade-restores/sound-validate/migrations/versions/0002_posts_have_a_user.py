"""Posts have a user."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_foreign_key("fk_posts_user_id", "posts", "users", ["user_id"], ["id"], postgresql_not_valid=True)


def downgrade() -> None:
    op.drop_constraint("fk_posts_user_id", "posts")
