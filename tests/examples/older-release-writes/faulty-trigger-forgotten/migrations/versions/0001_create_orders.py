"""Create orders."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("state", sa.String(20), nullable=False, server_default="new"),
    )
    op.create_table(
        "log",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("line", sa.Text),
    )
    op.execute(
        "CREATE FUNCTION log_orders() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN INSERT INTO public.log (line) VALUES (new.title); RETURN new; END'"
    )
    op.execute("CREATE TRIGGER log_orders AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION log_orders()")


def downgrade() -> None:
    op.drop_table("orders")
    op.execute("DROP FUNCTION log_orders()")
    op.drop_table("log")
