"""Each name once."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("DROP VIEW IF EXISTS names")
    op.execute("CREATE VIEW names AS SELECT DISTINCT name FROM users")


def downgrade() -> None:
    op.execute("DROP VIEW names")
