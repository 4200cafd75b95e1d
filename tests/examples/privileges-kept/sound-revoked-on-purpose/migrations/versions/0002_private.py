"""Titles are for the owner alone."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("REVOKE SELECT ON titles FROM PUBLIC")
    op.execute("DROP VIEW titles")
    op.execute("CREATE VIEW titles AS SELECT id, title FROM reports")


def downgrade() -> None:
    op.execute("DROP VIEW titles")
    op.execute("CREATE VIEW titles AS SELECT title FROM reports")
    op.execute("GRANT SELECT ON titles TO PUBLIC")
