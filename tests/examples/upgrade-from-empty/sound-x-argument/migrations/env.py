from alembic import context
from models import metadata
from sqlalchemy import create_engine, pool

arguments = context.get_x_argument(as_dictionary=True)
url = arguments["url"]
assert arguments["verbose"] == ""


def told(*_: object) -> None:
    """Autogenerate's hook has the same command line."""
    assert context.get_x_argument(as_dictionary=True)["url"] == url


if context.is_offline_mode():
    context.configure(url=url, target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, process_revision_directives=told)
        with context.begin_transaction():
            context.run_migrations()
