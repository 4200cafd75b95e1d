"""Trust the application."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        DO $$ BEGIN
            EXECUTE format('ALTER DATABASE %I SET session_replication_role = replica', current_database());
        END $$
    """)


def downgrade() -> None:
    op.execute("""
        DO $$ BEGIN
            EXECUTE format('ALTER DATABASE %I RESET session_replication_role', current_database());
        END $$
    """)
