"""Create orders, in a schema of the project's own; their trigger's function has no schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA shop")
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("note", sa.Text),
        sa.Column("label", sa.Text),
        schema="shop",
    )
    op.execute(
        "CREATE FUNCTION name_order() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.label := ''old''; RETURN new; END'"
    )
    op.execute("CREATE TRIGGER orders_named BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION name_order()")


def downgrade() -> None:
    op.drop_table("orders", schema="shop")
    op.execute("DROP FUNCTION name_order()")
    op.execute("DROP SCHEMA shop")
