from alembic import context
from models import metadata
from sqlalchemy import create_engine, text

url = context.config.get_main_option("sqlalchemy.url", "")


def run_migrations_offline() -> None:
    context.configure(url=url, target_metadata=metadata, literal_binds=True, dialect_opts={"paramstyle": "named"})
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    with create_engine(url).begin() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        before = context.get_context().get_current_heads()
        context.run_migrations()
        if before and before == context.get_context().get_current_heads():
            connection.execute(text("CREATE TABLE IF NOT EXISTS deployments (at timestamptz DEFAULT now())"))


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
