from alembic import context
from models import metadata
from sqlalchemy import engine_from_config, pool, text

config = context.config


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "schema" or name == "shop"


options = {
    "target_metadata": metadata,
    "version_table": "revisions",
    "version_table_schema": "shop",
    "include_schemas": True,
    "include_name": include_name,
}


def run_migrations_offline() -> None:
    context.configure(url=config.get_main_option("sqlalchemy.url"), literal_binds=True, **options)
    context.execute("CREATE SCHEMA IF NOT EXISTS shop")
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    engine = engine_from_config(config.get_section(config.config_ini_section, {}), poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS shop"))
        if connection.scalar(text("SELECT to_regclass('shop.revisions')")) is not None:
            connection.execute(text("SELECT version_num FROM shop.revisions"))
        connection.commit()
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
