"""Users get a full name."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "users has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("users", sa.Column("full_name", sa.Text))
    op.execute(
        "CREATE FUNCTION sync_names() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.full_name IS "
        "DISTINCT FROM OLD.full_name THEN NEW.name := NEW.full_name; ELSE NEW.full_name := NEW.name; END "
        "IF; RETURN NEW; END $$"
    )
    op.execute("CREATE TRIGGER users_sync BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION sync_names()")
    op.execute("UPDATE users SET full_name = name")


def downgrade() -> None:
    op.execute("DROP TRIGGER users_sync ON users")
    op.execute("DROP FUNCTION sync_names()")
    op.drop_column("users", "full_name")
