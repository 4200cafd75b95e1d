"""Create users."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
    )
    op.execute("""
        DO $$
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'example_dropped_reader') THEN
                CREATE ROLE example_dropped_reader;
            END IF;
        END
        $$
    """)
    op.execute("GRANT SELECT ON users TO example_dropped_reader")


def downgrade() -> None:
    op.execute("REVOKE ALL ON users FROM example_dropped_reader")
    op.drop_table("users")
    op.execute("DROP ROLE example_dropped_reader")
