"""Whether the script of `alembic upgrade --sql` is what an upgrade runs."""
