"""Create reports, and a view of their titles that everybody may read; nobody else may count them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("title", sa.Text, nullable=False),
    )
    op.execute("CREATE VIEW titles AS SELECT title FROM reports")
    op.execute("GRANT SELECT ON titles TO PUBLIC")
    op.execute(
        "CREATE FUNCTION report_count() RETURNS bigint LANGUAGE sql SECURITY DEFINER "
        "AS 'SELECT count(*) FROM public.reports'"
    )
    op.execute("REVOKE EXECUTE ON FUNCTION report_count() FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP FUNCTION report_count()")
    op.execute("DROP VIEW titles")
    op.drop_table("reports")
