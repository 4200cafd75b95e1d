"""Notes have a kind."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "notes has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("notes", sa.Column("kind", sa.Text))
    op.execute("ALTER TABLE notes NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE notes SET kind = 'plain'")
    op.execute("ALTER TABLE notes FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_column("notes", "kind")
