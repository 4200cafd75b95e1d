from alembic import context
from depot.db import metadata
from sqlalchemy import create_engine, pool


def run_migrations_offline() -> None:
    context.configure(url=context.config.get_main_option("url"), target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    options = context.config.get_section(context.config.config_ini_section)
    engine = create_engine(options.pop("url"), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
