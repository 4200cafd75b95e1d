"""Tags have the tenant of their note."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "tags has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("tags", sa.Column("tenant", sa.Text))
    op.execute("ALTER TABLE notes NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE tags SET tenant = notes.tenant FROM notes WHERE notes.id = tags.note_id")
    op.execute("ALTER TABLE notes FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_column("tags", "tenant")
