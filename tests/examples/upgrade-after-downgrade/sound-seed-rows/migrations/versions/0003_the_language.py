"""The language."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("INSERT INTO settings VALUES ('language', 'en') ON CONFLICT DO NOTHING")


def downgrade() -> None:
    pass
