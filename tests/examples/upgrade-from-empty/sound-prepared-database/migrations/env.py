from alembic import context
from models import metadata
from sqlalchemy import create_engine, pool

url = context.config.get_main_option("sqlalchemy.url", "")
OPTIONS = {
    "target_metadata": metadata,
    "version_table_schema": "app",
    "include_schemas": True,
    "transaction_per_migration": True,
}


def run_migrations_offline() -> None:
    context.configure(url=url, literal_binds=True, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
