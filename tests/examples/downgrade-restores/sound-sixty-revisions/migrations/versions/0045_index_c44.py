"""Index c44."""

from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.create_index("ix_c44", "facts", ["c44"])


def downgrade() -> None:
    op.drop_index("ix_c44", "facts")
