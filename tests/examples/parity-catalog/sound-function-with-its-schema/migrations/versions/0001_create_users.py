"""Create users, as a dump of PostgreSQL 12 has them: gen_random_uuid() was pgcrypto's there."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public")
    op.execute("CREATE TABLE public.users (id uuid DEFAULT public.gen_random_uuid() PRIMARY KEY, name text)")


def downgrade() -> None:
    op.execute("DROP TABLE public.users")
    op.execute("DROP EXTENSION pgcrypto")
