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
    op.execute("CREATE TRIGGER trim_name BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION touch()")


def downgrade() -> None:
    op.drop_table("users")
    op.execute("DROP FUNCTION touch()")
