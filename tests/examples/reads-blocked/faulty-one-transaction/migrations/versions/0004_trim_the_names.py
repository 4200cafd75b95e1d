"""Trim the names."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("UPDATE customers SET name = trim(name)")


def downgrade() -> None:
    pass
