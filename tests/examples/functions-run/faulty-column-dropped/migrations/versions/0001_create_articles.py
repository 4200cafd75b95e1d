"""Create articles, and a function that counts them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("title", sa.Text),
        sa.Column("draft", sa.Boolean),
    )
    op.execute(
        "CREATE FUNCTION published() RETURNS bigint LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN (SELECT count(*) FROM articles WHERE NOT draft); END $$"
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION published()")
    op.drop_table("articles")
