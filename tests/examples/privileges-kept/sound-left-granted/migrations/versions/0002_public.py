"""Everybody may read reports."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("GRANT SELECT ON reports TO PUBLIC")


def downgrade() -> None:
    pass
