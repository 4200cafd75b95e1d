"""Names are unique."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("DELETE FROM labels AS a USING labels AS b WHERE a.name = b.name AND a.id > b.id")
    op.create_unique_constraint("labels_name_key", "labels", ["name"])


def downgrade() -> None:
    op.drop_constraint("labels_name_key", "labels")
