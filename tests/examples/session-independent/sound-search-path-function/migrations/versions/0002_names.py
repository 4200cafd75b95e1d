"""Orders are named anew, the old ones too."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION name_order() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN new.label := ''new''; RETURN new; END'"
    )
    op.execute("UPDATE shop.orders SET label = label")


def downgrade() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION name_order() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN new.label := ''old''; RETURN new; END'"
    )
