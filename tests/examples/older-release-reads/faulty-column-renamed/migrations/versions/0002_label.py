"""A title is a label."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.alter_column("orders", "title", new_column_name="label")


def downgrade() -> None:
    op.alter_column("orders", "label", new_column_name="title")
