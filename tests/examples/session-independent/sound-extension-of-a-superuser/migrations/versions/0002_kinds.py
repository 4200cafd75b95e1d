"""Notes have a kind, and the time of their last change; only a superuser may create this extension."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "notes has a few thousand rows at most"}]


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS moddatetime")
    op.add_column("notes", sa.Column("kind", sa.Text))
    op.execute("ALTER TABLE notes NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE notes SET kind = 'plain'")
    op.execute("ALTER TABLE notes FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE TRIGGER notes_changed BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION moddatetime(changed_at)"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER notes_changed ON notes")
    op.drop_column("notes", "kind")
    op.execute("DROP EXTENSION moddatetime")
