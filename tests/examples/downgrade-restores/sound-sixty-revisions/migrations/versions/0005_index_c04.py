"""Index c04."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index("ix_c04", "facts", ["c04"])


def downgrade() -> None:
    op.drop_index("ix_c04", "facts")
