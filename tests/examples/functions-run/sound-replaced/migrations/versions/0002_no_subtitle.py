"""Articles have no subtitle."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION slugify() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN new.slug := lower(new.title); RETURN new; END $$"
    )
    op.drop_column("articles", "subtitle")


def downgrade() -> None:
    op.add_column("articles", sa.Column("subtitle", sa.Text))
    op.execute(
        "CREATE OR REPLACE FUNCTION slugify() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN new.slug := lower(new.title || new.subtitle); RETURN new; END $$"
    )
