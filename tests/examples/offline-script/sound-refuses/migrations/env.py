from alembic import context
from alembic.util import CommandError
from models import metadata
from sqlalchemy import create_engine

if context.is_offline_mode():
    raise CommandError("--sql is not supported: run the migrations against a database")

with create_engine(context.config.get_main_option("sqlalchemy.url", "")).connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
