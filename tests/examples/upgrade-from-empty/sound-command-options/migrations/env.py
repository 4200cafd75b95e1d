import os

from alembic import context
from alembic.operations import MigrationScript
from models import metadata
from sqlalchemy import create_engine

options = context.get_x_argument(as_dictionary=True)
url = options.get("url", os.environ["DATABASE_URL"])


def no_empty_revisions(_context: object, _revision: object, directives: list[MigrationScript]) -> None:
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def run_migrations_offline() -> None:
    context.configure(url=url, target_metadata=metadata, literal_binds=True, dialect_opts={"paramstyle": "named"})
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    with create_engine(url).connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            process_revision_directives=no_empty_revisions,
            compare_type=lambda *_: None,
            render_as_batch=True,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
