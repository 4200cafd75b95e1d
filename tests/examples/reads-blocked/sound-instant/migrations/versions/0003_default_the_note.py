"""Default the note."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.alter_column("orders", "note", server_default="")


def downgrade() -> None:
    op.alter_column("orders", "note", server_default=None)
