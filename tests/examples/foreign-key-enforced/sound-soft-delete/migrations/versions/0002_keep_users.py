"""Keep users."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN UPDATE users SET deleted_at = now() WHERE id = OLD.id; RETURN NULL; END $$
    """)
    op.execute("CREATE TRIGGER keep BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION keep()")


def downgrade() -> None:
    op.execute("DROP TRIGGER keep ON users")
    op.execute("DROP FUNCTION keep()")
