"""Create articles, and a function that may delete some."""

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
        "CREATE FUNCTION tidy(really boolean) RETURNS bigint LANGUAGE plpgsql AS"
        " $$ BEGIN IF really THEN DELETE FROM articles WHERE draft; END IF; RETURN 1; END $$"
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION tidy(boolean)")
    op.drop_table("articles")
