"""Tally messages."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION tally() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN UPDATE counts SET deleted = deleted + 1; RETURN OLD; END $$
    """)
    op.execute("CREATE TRIGGER tally BEFORE DELETE ON messages FOR EACH ROW EXECUTE FUNCTION tally()")


def downgrade() -> None:
    op.execute("DROP TRIGGER tally ON messages")
    op.execute("DROP FUNCTION tally()")
