"""env.py: where the database comes from, and how it treats the connection that it is given."""

import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from alembic.util import CommandError
from psycopg import sql
from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from schema import migration_session
from schema.migrate import upgrade
from schema.migration_session import DEPLOYER_LOCK
from schemaproof.postgres import Database
from tests.migrations.conftest import Alembic

Server = psycopg.Connection[Any]
CatalogOf = Callable[[Server], set[tuple[Any, ...]]]

PASSWORD = "p%40@/:?#[]&='\" é"  # noqa: S105 (no secret)
STATE = "SELECT current_setting('search_path'), current_setting('lock_timeout'), current_setting('application_name')"
LOCKS = "SELECT classid, objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"


def version(server: Server) -> Any:
    """Return the version that the database is at; None where there is no version table."""
    if server.execute("SELECT to_regclass('faceplate.alembic_version')").fetchone() == (None,):
        return None
    return server.execute("SELECT version_num FROM faceplate.alembic_version").fetchall()


@pytest.fixture
def role(server: Server) -> Iterator[str]:
    """A role that may log in with PASSWORD and has no rights; roles are the server's, so the name is unique."""
    name = f"faceplate_test_{secrets.token_hex(8)}"
    identifier = sql.Identifier(name)
    server.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(identifier, PASSWORD))
    yield name
    server.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(identifier))
    server.execute(sql.SQL("DROP OWNED BY {}").format(identifier))
    server.execute(sql.SQL("DROP ROLE {}").format(identifier))


@pytest.fixture
def role_url(role: str, empty_database: Database) -> str:
    return empty_database.url().set(username=role, password=PASSWORD).render_as_string(hide_password=False)


@pytest.fixture
def role_owns_schema(role: str, server: Server) -> None:
    server.execute(sql.SQL("CREATE SCHEMA faceplate AUTHORIZATION {}").format(sql.Identifier(role)))


@pytest.fixture
def engine(empty_database: Database) -> Iterator[Engine]:
    """A synchronous engine of the caller's, which keeps its connection."""
    engine = create_engine(empty_database.url("psycopg"), pool_size=1, max_overflow=0)
    yield engine
    engine.dispose()


# --- the URL


@pytest.mark.usefixtures("role_owns_schema")
def test_quoted_password_survives_in_database_url(
    role_url: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", role_url)

    Alembic("postgresql://nobody@127.0.0.1:1/nothing").upgrade()

    assert version(server) == [("0001",)]


@pytest.mark.usefixtures("role_owns_schema")
def test_quoted_password_survives_in_the_ini_file(role_url: str, server: Server) -> None:
    Alembic(role_url).upgrade()

    assert version(server) == [("0001",)]


@pytest.mark.usefixtures("role_owns_schema")
async def test_quoted_password_survives_in_an_argument(role_url: str, server: Server) -> None:
    await upgrade(role_url)

    assert version(server) == [("0001",)]


def test_password_is_asked_for_by_the_test_server(role_url: str) -> None:
    """The three tests above would prove nothing on a server that trusts everyone."""
    with pytest.raises(Exception, match="password authentication failed"):
        Alembic(role_url.replace(":p%25", ":q%25")).upgrade()


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_url_without_driver_is_taken(alembic: Alembic, server: Server, scheme: str) -> None:
    replace(alembic, url=alembic.url.replace("postgresql+asyncpg", scheme)).upgrade()

    assert version(server) == [("0001",)]


def test_no_url_is_an_error_that_says_what_to_set(alembic: Alembic) -> None:
    with pytest.raises(CommandError, match="set DATABASE_URL"):
        replace(alembic, url="").upgrade()


def test_ini_file_of_the_repository_holds_no_url(alembic: Alembic) -> None:
    assert "sqlalchemy.url =" not in (alembic.root / "alembic.ini").read_text()


# --- the schema


@pytest.mark.usefixtures("role_owns_schema")
def test_role_that_owns_the_schema_but_may_not_create_one_migrates(role_url: str, server: Server, role: str) -> None:
    may_create = server.execute("SELECT has_database_privilege(%s, current_database(), 'CREATE')", [role]).fetchone()

    Alembic(role_url).upgrade()

    assert may_create == (False,)
    assert version(server) == [("0001",)]


def test_role_that_may_not_create_the_missing_schema_is_told_the_remedy(role_url: str, role: str) -> None:
    with pytest.raises(CommandError, match=f'CREATE SCHEMA faceplate AUTHORIZATION "{role}"'):
        Alembic(role_url).upgrade()


@pytest.mark.parametrize(
    ("name", "arguments"), [("current", []), ("history", [None, False, True]), ("show", ["current"])]
)
def test_reading_command_writes_nothing_in_an_empty_database(
    alembic: Alembic, server: Server, name: str, arguments: list[Any]
) -> None:
    alembic.run(name, *arguments)

    assert server.execute("SELECT to_regnamespace('faceplate')").fetchone() == (None,)


def test_check_writes_nothing_in_an_empty_database(alembic: Alembic, server: Server) -> None:
    with pytest.raises(CommandError, match="Target database is not up to date"):
        alembic.run("check")

    assert server.execute("SELECT to_regnamespace('faceplate')").fetchone() == (None,)


def test_stamp_works_on_an_empty_database(alembic: Alembic, server: Server) -> None:
    alembic.run("stamp", "head")

    assert version(server) == [("0001",)]


def test_relative_revisions_work(alembic: Alembic, server: Server) -> None:
    alembic.upgrade("+1")
    alembic.downgrade("-1")

    assert version(server) == []


# --- the caller's connection


def test_connection_of_the_caller_is_used(engine: Engine, server: Server) -> None:
    with engine.connect() as connection:
        Alembic("", attributes={"connection": connection}).upgrade()

    assert version(server) == [("0001",)]


def test_engine_of_the_caller_is_used(engine: Engine, server: Server) -> None:
    Alembic("", attributes={"connection": engine}).upgrade()

    assert version(server) == [("0001",)]


def test_async_engine_of_the_caller_is_used(empty_database: Database, server: Server) -> None:
    engine = create_async_engine(empty_database.url(), poolclass=NullPool)

    Alembic("", attributes={"connection": engine}).upgrade()

    assert version(server) == [("0001",)]


async def test_async_connection_is_used_through_run_sync(empty_database: Database, server: Server) -> None:
    engine = create_async_engine(empty_database.url(), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(lambda given: Alembic("", attributes={"connection": given}).upgrade())

    assert version(server) == [("0001",)]


def test_anything_else_in_the_connections_place_is_refused(empty_database: Database) -> None:
    with pytest.raises(CommandError, match="is a Database: give a Connection"):
        Alembic("", attributes={"connection": empty_database}).upgrade()


@pytest.mark.parametrize("revision", ["head", "0002"], ids=["after-success", "after-failure"])
def test_connection_of_the_caller_comes_back_as_it_was(alembic_copy: Alembic, engine: Engine, revision: str) -> None:
    if revision == "0002":
        alembic_copy.add("0002", 'op.execute("SELECT 1 / 0")')
    with engine.connect() as connection:
        connection.exec_driver_sql("SET search_path = 'elsewhere'")
        connection.exec_driver_sql("SET lock_timeout = '7s'")
        connection.exec_driver_sql("SET application_name = 'the caller'")
        connection.exec_driver_sql("SELECT pg_advisory_lock(1)")  # the caller's own, on another key
        connection.commit()
        before = connection.exec_driver_sql(STATE).one(), connection.exec_driver_sql(LOCKS).one()
        connection.rollback()

        run = replace(alembic_copy, attributes={"connection": connection})
        if revision == "0002":
            with pytest.raises(DBAPIError, match="division by zero"):
                run.upgrade()
        else:
            run.upgrade()

        assert not connection.in_transaction()
        assert (connection.exec_driver_sql(STATE).one(), connection.exec_driver_sql(LOCKS).one()) == before
    assert engine.dialect.default_schema_name == "public"


def test_transaction_of_the_caller_is_the_callers_to_roll_back(
    engine: Engine, server: Server, catalog_of: CatalogOf
) -> None:
    with engine.connect() as connection:
        before = connection.exec_driver_sql(STATE).one()
        Alembic("", attributes={"connection": connection}).upgrade()
        assert connection.exec_driver_sql("SELECT count(*) FROM faceplate.users").scalar() == 0
        assert connection.exec_driver_sql(STATE).one() == before
        connection.rollback()
        assert connection.exec_driver_sql(STATE).one() == before

    assert catalog_of(server) == set()


def test_transaction_of_the_caller_keeps_the_deployer_lock_to_its_end(engine: Engine, server: Server) -> None:
    """Otherwise the next deployer would not see what is about to be committed, and migrate again."""
    attempt = f"SELECT pg_try_advisory_xact_lock({DEPLOYER_LOCK})"
    with engine.connect() as connection, connection.begin():
        Alembic("", attributes={"connection": connection}).upgrade()
        during = server.execute(attempt).fetchone()

    assert during == (False,)
    assert server.execute(attempt).fetchone() == (True,)


def test_failure_in_a_transaction_of_the_caller_is_passed_on(alembic_copy: Alembic, engine: Engine) -> None:
    alembic_copy.add("0002", 'op.execute("SELECT 1 / 0")')
    with engine.connect() as connection:
        before = connection.exec_driver_sql(STATE).one()
        with pytest.raises(DBAPIError, match="division by zero"):
            replace(alembic_copy, attributes={"connection": connection}).upgrade()
        connection.rollback()

        assert connection.exec_driver_sql(STATE).one() == before


# --- how a migration runs


def test_lock_timeout_holds_in_every_migration(alembic_copy: Alembic, server: Server) -> None:
    see = "op.execute(\"CREATE TABLE faceplate.seen_{} AS SELECT current_setting('lock_timeout')\")"
    alembic_copy.add("0002", see.format(2))
    alembic_copy.add("0003", see.format(3), after="0002")

    alembic_copy.upgrade()

    seen = server.execute("TABLE faceplate.seen_2 UNION ALL TABLE faceplate.seen_3").fetchall()
    assert seen == [("3s",), ("3s",)]


def test_migration_that_waits_for_a_lock_gives_up(
    alembic_copy: Alembic, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(migration_session.SETTINGS, "lock_timeout", "50ms")
    alembic_copy.upgrade()
    alembic_copy.add("0002", 'op.execute("ALTER TABLE faceplate.users ADD locale text")')

    with server.transaction():
        server.execute("SELECT FROM faceplate.users")
        with pytest.raises(DBAPIError, match="canceling statement due to lock timeout"):
            alembic_copy.upgrade()

    assert version(server) == [("0001",)]


def test_index_can_be_built_concurrently(alembic_copy: Alembic, server: Server) -> None:
    """CREATE INDEX CONCURRENTLY waits for every older snapshot: the session that holds the lock must have none."""
    alembic_copy.add(
        "0002",
        """with op.get_context().autocommit_block():
        op.create_index("extra", "users", ["created_at"], schema="faceplate", postgresql_concurrently=True)""",
    )

    alembic_copy.upgrade()

    assert server.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'faceplate.extra'::regclass").fetchone()


async def test_command_works_inside_a_running_event_loop(alembic: Alembic, server: Server) -> None:
    alembic.upgrade()

    assert version(server) == [("0001",)]


async def test_failure_inside_a_running_event_loop_is_passed_on(alembic_copy: Alembic) -> None:
    alembic_copy.add("0002", 'op.execute("SELECT 1 / 0")')

    with pytest.raises(DBAPIError, match="division by zero"):
        alembic_copy.upgrade()


def test_logging_of_the_calling_program_is_left_alone(alembic: Alembic) -> None:
    root = logging.getLogger()
    mine = logging.getLogger("mine")
    before = root.level, list(root.handlers), mine.disabled

    alembic.upgrade()

    assert (root.level, list(root.handlers), mine.disabled) == before


# --- without a database


def run_like_psql(server: Server, script: str) -> None:
    for statement in script.split(";\n\n"):
        if statement.strip():
            server.execute(statement)


def test_offline_script_makes_the_same_database(
    alembic: Alembic, server: Server, postgres_database: Database, catalog_of: CatalogOf
) -> None:
    script = replace(alembic, url="").run("upgrade", "base:head", sql=True)

    run_like_psql(server, script)

    with psycopg.connect(postgres_database.dsn) as online:
        assert catalog_of(server) == catalog_of(online)
    assert version(server) == [("0001",)]
    assert server.execute("SELECT current_setting('lock_timeout')").fetchone() == ("3s",)


def test_offline_downgrade_script_leaves_what_the_command_leaves(
    alembic: Alembic, server: Server, catalog_of: CatalogOf
) -> None:
    alembic.upgrade()

    run_like_psql(server, replace(alembic, url="").run("downgrade", "head:base", sql=True))

    assert catalog_of(server) == {("schema", "faceplate")}
    assert version(server) == []
