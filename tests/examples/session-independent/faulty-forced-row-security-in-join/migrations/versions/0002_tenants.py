"""Tags have the tenant of their note."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("tags", sa.Column("tenant", sa.Text))
    op.execute("UPDATE tags SET tenant = notes.tenant FROM notes WHERE notes.id = tags.note_id")


def downgrade() -> None:
    op.drop_column("tags", "tenant")
