"""Keep messages."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RETURN NULL; END $$
    """)
    op.execute("CREATE TRIGGER keep BEFORE UPDATE ON messages FOR EACH ROW EXECUTE FUNCTION keep()")


def downgrade() -> None:
    op.execute("DROP TRIGGER keep ON messages")
    op.execute("DROP FUNCTION keep()")
