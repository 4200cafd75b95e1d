"""Add the email and much that SQLAlchemy does not see."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text))
    op.execute("CREATE DOMAIN positive AS integer CHECK (value > 0)")
    op.execute("CREATE TYPE place AS (latitude float, longitude float)")
    op.execute("CREATE STATISTICS users_place ON name, city FROM users")
    op.execute("CREATE RULE keep AS ON DELETE TO users DO INSTEAD NOTHING")
    op.execute("CREATE PROCEDURE tidy() LANGUAGE sql AS $$ UPDATE users SET city = trim(city) $$")
    op.execute("CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0')")


def downgrade() -> None:
    op.drop_column("users", "email")
