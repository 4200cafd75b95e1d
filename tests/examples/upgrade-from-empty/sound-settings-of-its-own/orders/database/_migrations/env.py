import asyncio

from alembic import context
from orders.database.base import metadata
from orders.settings import connection_url
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine


def run_migrations_offline() -> None:
    context.configure(url=connection_url(), target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def apply_migrations() -> None:
    engine = create_async_engine(connection_url())
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


if context.is_offline_mode():
    run_migrations_offline()
else:
    asyncio.run(apply_migrations())
