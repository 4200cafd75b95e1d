"""Create it all."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
    op.execute("""
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.name := trim(NEW.name); RETURN NEW; END $$
    """)
    op.execute("CREATE TRIGGER trim_name BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()")
    op.execute("CREATE VIEW user_ids AS SELECT users.id FROM public.users WHERE (users.id > 0)")
    op.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY own ON users USING ((name = (CURRENT_USER)))")


def downgrade() -> None:
    op.execute("DROP VIEW user_ids")
    op.drop_table("users")
    op.execute("DROP FUNCTION touch()")
