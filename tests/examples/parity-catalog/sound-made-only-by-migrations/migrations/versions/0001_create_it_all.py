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
    op.execute("CREATE VIEW user_ids AS SELECT id FROM users")
    op.execute("CREATE MATERIALIZED VIEW user_names AS SELECT name FROM users")


def downgrade() -> None:
    op.execute("DROP VIEW user_ids")
    op.execute("DROP MATERIALIZED VIEW user_names")
    op.drop_table("users")
    op.execute("DROP FUNCTION touch()")
