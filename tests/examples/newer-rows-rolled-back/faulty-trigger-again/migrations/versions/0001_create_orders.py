"""Create orders, and see to it that their codes are numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("code", sa.Text, nullable=False, server_default="0"),
    )
    op.execute(
        "CREATE FUNCTION digits() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM new.code::bigint; RETURN new; END'"
    )
    op.execute("CREATE TRIGGER digits BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION digits()")


def downgrade() -> None:
    op.execute("DROP TRIGGER digits ON orders")
    op.execute("DROP FUNCTION digits()")
    op.drop_table("orders")
