import os

from alembic import context
from models import metadata
from sqlalchemy import create_engine, text

url = os.environ["DATABASE_URL"].replace("postgresql+asyncpg", "postgresql+psycopg")


def run_migrations_offline() -> None:
    context.configure(url=url, target_metadata=metadata, literal_binds=True, dialect_opts={"paramstyle": "named"})
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    with create_engine(url).connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(4711)"))
        connection.commit()
        try:
            context.configure(connection=connection, target_metadata=metadata)
            context.run_migrations()
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(4711)"))


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
