import time

from alembic import context
from models import metadata
from sqlalchemy import Connection, create_engine, pool, text
from sqlalchemy.exc import OperationalError

url = context.config.get_main_option("sqlalchemy.url", "")
ATTEMPTS = 3
LOCK_NOT_AVAILABLE = "55P03"


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


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        wait_for_other_deployers(connection)
        connection.execute(text("SET lock_timeout = '200ms'"))
        connection.commit()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                migrate(connection)
                break
            except OperationalError as error:
                connection.rollback()
                if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE or attempt == ATTEMPTS:
                    raise
                time.sleep(0.1 * attempt)


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
