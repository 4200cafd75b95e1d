import time
from contextlib import contextmanager

from alembic import context
from models import metadata
from sqlalchemy import engine_from_config, text

config = context.config
target_metadata = metadata


@contextmanager
def one_deployer(connection, seconds=60):
    deadline = time.monotonic() + seconds
    try:
        while not connection.scalar(text("SELECT pg_try_advisory_lock(4711)")):
            connection.rollback()
            if time.monotonic() > deadline:
                raise RuntimeError(f"another deployer has been migrating for {seconds} s")
            time.sleep(0.1)
        connection.commit()  # else Alembic takes the transaction for yours, and commits nothing
        yield
    finally:
        connection.invalidate()  # ends the session and its lock; a pool would keep both


def run_migrations_offline() -> None:
    context.configure(
        url=config.get_main_option("sqlalchemy.url"),
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix="sqlalchemy.",
    )
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with one_deployer(connection), context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
