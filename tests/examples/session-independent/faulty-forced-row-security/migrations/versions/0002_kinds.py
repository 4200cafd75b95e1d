"""Notes have a kind."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("notes", sa.Column("kind", sa.Text))
    op.execute("UPDATE notes SET kind = 'plain'")


def downgrade() -> None:
    op.drop_column("notes", "kind")
