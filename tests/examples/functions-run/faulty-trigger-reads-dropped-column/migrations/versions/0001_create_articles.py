"""Create articles; a trigger fills the slug."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("title", sa.Text),
        sa.Column("subtitle", sa.Text),
        sa.Column("slug", sa.Text),
    )
    op.execute(
        "CREATE FUNCTION slugify() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN new.slug := lower(new.title || new.subtitle); RETURN new; END $$"
    )
    op.execute("CREATE TRIGGER slugify BEFORE INSERT OR UPDATE ON articles FOR EACH ROW EXECUTE FUNCTION slugify()")


def downgrade() -> None:
    op.drop_table("articles")
    op.execute("DROP FUNCTION slugify()")
