"""Let the reader read."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        DO $$
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'example_reader') THEN
                CREATE ROLE example_reader;
            END IF;
        END
        $$
    """)
    op.execute("GRANT SELECT ON users TO example_reader")


def downgrade() -> None:
    op.execute("REVOKE SELECT ON users FROM example_reader")
