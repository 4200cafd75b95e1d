"""All posts have a user."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("ALTER TABLE posts VALIDATE CONSTRAINT fk_posts_user_id")


def downgrade() -> None:
    pass
