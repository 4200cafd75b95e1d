"""Create articles, and a function in SQL that counts them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("title", sa.Text),
    )
    op.execute("CREATE FUNCTION headlines() RETURNS bigint LANGUAGE sql AS $$ SELECT count(title) FROM articles $$")


def downgrade() -> None:
    op.execute("DROP FUNCTION headlines()")
    op.drop_table("articles")
