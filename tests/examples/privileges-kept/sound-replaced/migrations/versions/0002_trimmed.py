"""Titles are trimmed, and those without any are not counted."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("CREATE OR REPLACE VIEW titles AS SELECT trim(title) AS title FROM reports")
    op.execute(
        "CREATE OR REPLACE FUNCTION report_count() RETURNS bigint LANGUAGE sql SECURITY DEFINER "
        "AS 'SELECT count(nullif(title, '''')) FROM public.reports'"
    )


def downgrade() -> None:
    op.execute("CREATE OR REPLACE VIEW titles AS SELECT title FROM reports")
    op.execute(
        "CREATE OR REPLACE FUNCTION report_count() RETURNS bigint LANGUAGE sql SECURITY DEFINER "
        "AS 'SELECT count(*) FROM public.reports'"
    )
