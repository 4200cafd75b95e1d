"""The count is an integer."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("DROP FUNCTION report_count()")
    op.execute(
        "CREATE FUNCTION report_count() RETURNS integer LANGUAGE sql SECURITY DEFINER "
        "AS 'SELECT count(*)::int FROM public.reports'"
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION report_count()")
    op.execute(
        "CREATE FUNCTION report_count() RETURNS bigint LANGUAGE sql SECURITY DEFINER "
        "AS 'SELECT count(*) FROM public.reports'"
    )
    op.execute("REVOKE EXECUTE ON FUNCTION report_count() FROM PUBLIC")
