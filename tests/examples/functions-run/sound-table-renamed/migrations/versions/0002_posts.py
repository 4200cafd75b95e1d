"""Articles are called posts."""

from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "older-release-reads", "reason": "the application is stopped for this deployment"}]


def upgrade() -> None:
    op.rename_table("articles", "posts")
    op.execute(
        "CREATE OR REPLACE FUNCTION headlines() RETURNS bigint LANGUAGE sql AS $$ SELECT count(title) FROM posts $$"
    )


def downgrade() -> None:
    op.rename_table("posts", "articles")
    op.execute(
        "CREATE OR REPLACE FUNCTION headlines() RETURNS bigint LANGUAGE sql AS $$ SELECT count(title) FROM articles $$"
    )
