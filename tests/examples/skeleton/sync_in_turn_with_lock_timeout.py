import time

from alembic import context
from models import metadata
from sqlalchemy import Connection, create_engine, pool, text

url = context.config.get_main_option("sqlalchemy.url", "")


def run_migrations_offline() -> None:
    context.configure(
        url=url,
        target_metadata=metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def wait_for_other_deployers(connection: Connection) -> None:
    """Take a lock that ends with the session. A query that waits would hold up CREATE INDEX CONCURRENTLY: poll."""
    deadline = time.monotonic() + 60
    while not connection.scalar(text("SELECT pg_try_advisory_lock(4711)")):
        connection.rollback()
        if time.monotonic() > deadline:
            raise TimeoutError("another deployer has been migrating for a minute")
        time.sleep(0.05)
    connection.commit()


def wait_for_no_lock_longer_than(connection: Connection, seconds: int) -> None:
    connection.execute(text(f"SET lock_timeout = '{seconds}s'"))
    connection.commit()


def run_migrations_online() -> None:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        wait_for_other_deployers(connection)
        wait_for_no_lock_longer_than(connection, 5)
        context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
