"""Whether the script of `alembic upgrade --sql` does what an upgrade does."""
