import asyncio
import time

from alembic import context
from models import metadata
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

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


async def wait_for_other_deployers(connection: AsyncConnection) -> None:
    """Take a lock that ends with the session. A query that waits would hold up CREATE INDEX CONCURRENTLY: poll."""
    deadline = time.monotonic() + 60
    while not await connection.scalar(text("SELECT pg_try_advisory_lock(4711)")):
        await connection.rollback()
        if time.monotonic() > deadline:
            raise TimeoutError("another deployer has been migrating for a minute")
        await asyncio.sleep(0.05)
    await connection.commit()


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def migrate_async() -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await wait_for_other_deployers(connection)
        await connection.run_sync(migrate)
    await engine.dispose()


def run_migrations_online() -> None:
    asyncio.run(migrate_async())


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
