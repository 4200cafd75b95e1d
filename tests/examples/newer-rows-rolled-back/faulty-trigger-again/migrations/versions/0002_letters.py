"""Codes may have letters."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("DROP TRIGGER digits ON orders")


def downgrade() -> None:
    op.execute("CREATE TRIGGER digits BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION digits()")
