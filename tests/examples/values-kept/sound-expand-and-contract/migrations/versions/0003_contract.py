"""The full name is the name."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
schemaproof_allow = [
    {"check": "reads-blocked", "reason": "users has a few thousand rows at most"},
    {"check": "older-release-writes", "reason": "The service is stopped while this is deployed."},
]


def upgrade() -> None:
    op.execute("DROP TRIGGER users_sync ON users")
    op.execute("DROP FUNCTION sync_names()")
    op.execute("UPDATE users SET full_name = name WHERE full_name IS NULL")
    op.alter_column("users", "full_name", nullable=False)
    op.drop_column("users", "name")


def downgrade() -> None:
    op.add_column("users", sa.Column("name", sa.Text))
    op.execute("UPDATE users SET name = full_name")
    op.alter_column("users", "name", nullable=False)
    op.alter_column("users", "full_name", nullable=True)
    op.execute(
        "CREATE FUNCTION sync_names() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.full_name IS "
        "DISTINCT FROM OLD.full_name THEN NEW.name := NEW.full_name; ELSE NEW.full_name := NEW.name; END "
        "IF; RETURN NEW; END $$"
    )
    op.execute("CREATE TRIGGER users_sync BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION sync_names()")
