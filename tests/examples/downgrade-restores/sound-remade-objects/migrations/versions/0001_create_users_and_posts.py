"""Create users and posts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), index=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("title", sa.Text, comment="shown in bold"),
        sa.CheckConstraint("title IN ('a', 'b') AND length(title) < 9", name="ck_posts_title"),
    )
    op.create_index("ix_posts_title", "posts", [sa.text("lower(title)")], postgresql_where=sa.text("title IS NOT NULL"))
    op.execute("CREATE VIEW titles AS SELECT title FROM posts WHERE user_id > 0")


def downgrade() -> None:
    op.execute("DROP VIEW titles")
    op.drop_table("posts")
    op.drop_table("users")
