"""Reports have an author, before their title."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "reports_new",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("author", sa.Text),
        sa.Column("title", sa.Text, nullable=False),
    )
    op.execute("INSERT INTO reports_new (id, title) SELECT id, title FROM reports")
    op.drop_table("reports")
    op.rename_table("reports_new", "reports")
    op.execute("ALTER INDEX reports_new_pkey RENAME TO reports_pkey")
    op.execute("GRANT SELECT ON reports TO PUBLIC")


def downgrade() -> None:
    op.drop_column("reports", "author")
