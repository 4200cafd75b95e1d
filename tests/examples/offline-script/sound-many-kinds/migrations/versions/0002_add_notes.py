"""Add notes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "users",
        sa.Column("note", sa.Text, server_default="50% :off; 'now' -- no comment", comment="it's; 100% $$"),
    )
    op.execute(
        """
        CREATE FUNCTION odd() RETURNS text LANGUAGE plpgsql AS $body$
        BEGIN
            -- a comment; with a semicolon and a quote '
            RETURN $$;$$ || ';' || '''' || format('%s%%', 1);
        END;
        $body$;
        """
    )
    op.execute("INSERT INTO users (name, note) VALUES ('a;b', 'line one;\nline '' two')")
    op.bulk_insert(
        sa.table("users", sa.column("name", sa.Text), sa.column("note", sa.Text)),
        [{"name": "%(name)s", "note": "a \\ b\n:c; 'd' $$ %s"}],
    )


def downgrade() -> None:
    op.execute("DELETE FROM users WHERE note IS NOT NULL")
    op.execute("DROP FUNCTION odd()")
    op.drop_column("users", "note")
