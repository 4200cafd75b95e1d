from alembic import context
from models import metadata
from sqlalchemy import create_engine, text

url = context.config.get_main_option("sqlalchemy.url", "")


def run_migrations_offline() -> None:
    context.configure(url=url, target_metadata=metadata, literal_binds=True, version_table_schema="deployment")
    context.execute("CREATE SCHEMA IF NOT EXISTS deployment")
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    with create_engine(url).connect() as connection:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS deployment"))
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata, version_table_schema="deployment")
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
