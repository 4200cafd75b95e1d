"""Rename the note."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.alter_column("orders", "note", new_column_name="remark")


def downgrade() -> None:
    op.alter_column("orders", "remark", new_column_name="note")
