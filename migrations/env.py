"""Alembic's environment: where the database is, what belongs to Faceplate, and how a migration runs."""

import asyncio
import os
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from logging.config import fileConfig
from typing import Any

from alembic import context
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from schema.migration_session import SETTINGS, deployer_lock, migration_engine, migration_settings
from schema.models import SCHEMA, Base
from schema.url import VARIABLE, database_url, url_from_environment

# A role that owns the schema may lack CREATE on the database, which CREATE SCHEMA IF NOT EXISTS asks for in any case.
CREATE_SCHEMA = f"""DO $$
BEGIN
    IF to_regnamespace('{SCHEMA}') IS NULL THEN
        CREATE SCHEMA {SCHEMA};
    END IF;
END
$$"""
INSUFFICIENT_PRIVILEGE = "42501"


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Admit Faceplate's schema only: the others belong to other applications."""
    return kind != "schema" or name == SCHEMA


OPTIONS: dict[str, Any] = {
    "target_metadata": Base.metadata,
    "version_table_schema": SCHEMA,
    "include_schemas": True,
    "include_name": include_name,
    "compare_type": True,
    "compare_server_default": True,
    # CHECKs are compared by this plugin, which is not among Alembic's defaults.
    "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
    "transaction_per_migration": True,
}


def migrate_offline() -> None:
    """Print the SQL; no database is needed."""
    context.configure(dialect_name="postgresql", literal_binds=True, dialect_opts={"paramstyle": "named"}, **OPTIONS)
    for name, value in SETTINGS.items():
        context.execute(f"SET {name} = '{value}'")
    context.execute(CREATE_SCHEMA)
    with context.begin_transaction():
        context.run_migrations()


def migrate(connection: Connection) -> None:
    """Run the command on ``connection``, which keeps its transaction if it is in one."""
    context.configure(connection=connection, **OPTIONS)
    options = context.get_context().opts
    # Of the commands that come here, those that change the database name a destination: upgrade, downgrade, stamp.
    writes = "destination_rev" in options
    options["dont_mutate"] = not writes
    seconds = float(context.config.get_main_option("deployer_wait_seconds", "60"))
    with deployer_lock(connection, seconds) if writes else nullcontext(), migration_settings(connection):
        if writes:
            create_schema(connection)
        with context.begin_transaction():
            context.run_migrations()


def create_schema(connection: Connection) -> None:
    """Create the schema, where the version table lives too, in the transaction of the first migration."""
    try:
        context.execute(CREATE_SCHEMA)
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != INSUFFICIENT_PRIVILEGE:
            raise
        url = connection.engine.url
        raise CommandError(
            f"The schema {SCHEMA} does not exist, and role {url.username} may not create one in {url.database}: "
            f'let an owner of the database run CREATE SCHEMA {SCHEMA} AUTHORIZATION "{url.username}"'
        ) from error


async def migrate_async(engine: AsyncEngine) -> None:
    """Run the command on a connection of ``engine``, which is left without connections of this event loop."""
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` in an event loop of its own, also where the caller is in one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
    else:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, work).result()


def configured_url() -> URL:
    """Return the URL from DATABASE_URL, else from sqlalchemy.url."""
    url = context.config.get_main_option("sqlalchemy.url")
    try:
        return database_url(url) if url is not None and VARIABLE not in os.environ else url_from_environment()
    except ValueError as error:
        raise CommandError(str(error)) from error


def migrate_online() -> None:
    """Run the command on the connection or engine in ``config.attributes``, else on the configured database."""
    connectable = context.config.attributes.get("connection")
    if connectable is None:
        connectable = migration_engine(configured_url())
    if isinstance(connectable, Connection):
        migrate(connectable)
    elif isinstance(connectable, Engine):
        with connectable.connect() as connection:
            migrate(connection)
    elif isinstance(connectable, AsyncEngine):
        run(migrate_async(connectable))
    else:
        raise CommandError(
            f"config.attributes['connection'] is a {type(connectable).__name__}: give a Connection, an Engine or an "
            "AsyncEngine; with an AsyncConnection, run the command in its run_sync() and give the Connection from there"
        )


# A program that calls alembic.command keeps its own logging.
if context.config.cmd_opts is not None and context.config.config_file_name is not None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

if context.is_offline_mode():
    migrate_offline()
else:
    migrate_online()
