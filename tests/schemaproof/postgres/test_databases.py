"""Databases and templates on the run's server, whichever provider it is from."""

import dataclasses
import pickle
import re
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from schemaproof.postgres import Database, Options, PostgresError, Server, Template, embedded, start
from schemaproof.postgres.binaries import find
from schemaproof.postgres.databases import connect_url
from schemaproof.postgres.owner import Owner
from tests.schemaproof.postgres.test_owner import NO_PID


@pytest.fixture
def server(postgres_server: Server) -> Iterator[Server]:
    """The run's server under an owner of the test's own, so that what it drops is nobody else's."""
    server = dataclasses.replace(postgres_server, owner=elsewhere())
    yield server
    server.drop_all()
    server.close()


def elsewhere() -> Owner:
    """An owner on a machine of its own, so that no sweep of another test judges what it makes."""
    return dataclasses.replace(Owner.current(), machine=secrets.token_hex(4))


def names(server: Server) -> set[str]:
    """The databases of the server's owner."""
    with psycopg.connect(server.url.render_as_string(hide_password=False)) as connection:
        rows = connection.execute("SELECT datname FROM pg_database").fetchall()
    return {name for (name,) in rows if Owner.find(name) == server.owner}


def make_table(database: Database) -> None:
    """Create a table ``t`` with one row."""
    with psycopg.connect(database.dsn) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS i")


def rows(database: Database) -> list[tuple[int]]:
    """What is in the table ``t``."""
    with psycopg.connect(database.dsn) as connection:
        return connection.execute("SELECT i FROM t").fetchall()


def test_database_is_created_empty(server: Server) -> None:
    with psycopg.connect(server.create().dsn) as connection:
        found = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_)'").fetchall()
    assert found == [("public",)]


def test_database_as_a_context_manager_is_dropped_with_its_sessions(server: Server) -> None:
    with server.create() as database:
        connection = psycopg.connect(database.dsn, autocommit=True)
    with connection, pytest.raises(psycopg.OperationalError, match="terminating connection"):
        connection.execute("SELECT 1")
    assert names(server) == set()


def test_database_is_dropped_twice_without_an_error(server: Server) -> None:
    database = server.create()
    database.drop()
    database.drop()


def test_database_url_reaches_it_with_the_driver_that_is_asked_for(server: Server) -> None:
    database = server.create()
    assert database.url("psycopg").drivername == "postgresql+psycopg"
    assert (database.url().drivername, database.url().database) == ("postgresql+asyncpg", database.name)


def test_clone_has_what_the_template_has(server: Server) -> None:
    template = server.template([uuid4().bytes], make_table)
    assert rows(server.clone(template)) == [(1,)]


def test_clones_do_not_see_each_others_rows(server: Server) -> None:
    template = server.template([uuid4().bytes], make_table)
    first, second = server.clone(template), server.clone(template)
    with psycopg.connect(first.dsn) as connection:
        connection.execute("DELETE FROM t")
    assert rows(second) == [(1,)]


def test_template_of_the_same_parts_is_built_once_by_many_that_ask_together(server: Server) -> None:
    built: list[str] = []
    together = threading.Barrier(4, timeout=20)

    def build(database: Database) -> None:
        built.append(database.name)
        make_table(database)

    def ask() -> Template:
        asker = dataclasses.replace(server)  # a connection of its own, as another process has
        together.wait()
        try:
            return asker.template(["the same"], build)
        finally:
            asker.close()

    with ThreadPoolExecutor(4) as threads:
        templates = {task.result() for task in [threads.submit(ask) for _ in range(4)]}
    assert templates == {Template(built[0])}
    assert len(built) == 1


@pytest.mark.parametrize("parts", [["ab", "c"], ["a", "b", "c"], ["abc"], ["a", "bd"]])
def test_template_of_other_parts_is_another(server: Server, parts: list[str]) -> None:
    assert server.template(parts, make_table) != server.template(["a", "bc"], make_table)


def test_template_whose_builder_died_is_built_again(server: Server) -> None:
    template = server.template(["died"], make_table)
    with psycopg.connect(server.url.render_as_string(hide_password=False), autocommit=True) as connection:
        # What a builder that was killed before its last statement leaves.
        connection.execute(f'ALTER DATABASE "{template.name}" WITH ALLOW_CONNECTIONS true IS_TEMPLATE false')
    with psycopg.connect(Database(template.name, server).dsn) as connection:
        connection.execute("DROP TABLE t")
    assert rows(server.clone(server.template(["died"], make_table))) == [(1,)]


def test_template_whose_build_fails_leaves_nothing_and_the_error_comes_through(server: Server) -> None:
    def build(database: Database) -> None:
        make_table(database)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        server.template(["fails"], build)
    assert names(server) == set()


def test_template_takes_no_connections(server: Server) -> None:
    template = server.template([uuid4().bytes], make_table)
    with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
        psycopg.connect(Database(template.name, server).dsn)


def test_server_drops_no_database_that_the_harness_did_not_make(server: Server) -> None:
    with pytest.raises(ValueError, match="'postgres' is not a database of this harness"):
        server.drop("postgres")


def test_server_drops_all_of_its_owner_and_nothing_of_another(server: Server) -> None:
    other = dataclasses.replace(server, owner=elsewhere())
    kept = other.create()
    server.template([uuid4().bytes], make_table)
    server.create()
    server.drop_all()
    assert (names(server), names(other)) == (set(), {kept.name})
    other.drop_all()
    other.close()


def test_server_sweeps_the_databases_of_a_process_that_is_gone_and_of_no_other() -> None:
    # A server of its own: on the run's, another test's sweep might be faster.
    with start(Options(provider="embedded")) as server:
        gone = dataclasses.replace(server, owner=dataclasses.replace(server.owner, pid=NO_PID))
        gone.template([uuid4().bytes], make_table)
        gone.create()
        kept = server.create()
        server.sweep()
        assert (names(gone), names(server)) == (set(), {kept.name})
        gone.close()


def test_server_tells_a_user_who_may_not_create_databases_what_to_do(server: Server) -> None:
    role = f"schemaproof_test_{uuid4().hex[:8]}"
    with psycopg.connect(server.url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
        weak = dataclasses.replace(server, url=server.url.set(username=role, password="secret"))
        try:
            with pytest.raises(PostgresError) as caught:
                weak.create()
            (statement,) = re.findall("ALTER ROLE .*?;", caught.value.remedy)
            connection.execute(statement.encode())
            weak.create().drop()
        finally:
            weak.close()
            connection.execute(f"DROP ROLE {role}")
    assert caught.value.remedy.startswith(f'Run as a superuser: ALTER ROLE "{role}" CREATEDB;')
    assert "secret" not in str(caught.value)


def test_server_that_is_not_there_is_told_with_its_address_and_without_its_password() -> None:
    with pytest.raises(PostgresError) as caught:
        Server(connect_url("postgresql://me:hunter2@127.0.0.1:1/x"), Owner.current(), "").create()
    assert "127.0.0.1:1" in caught.value.cause
    assert "hunter2" not in str(caught.value)


def test_psql_command_leaves_out_the_password_of_a_server_that_the_user_named(server: Server) -> None:
    named = dataclasses.replace(server, url=server.url.set(password="hunter2"), disposable=False)
    assert "hunter2" not in Database("schemaproof_x", named).psql
    assert "hunter2" in Database("schemaproof_x", dataclasses.replace(named, disposable=True)).psql


def test_database_and_template_hold_nothing_of_template1() -> None:
    # A server of its own: what is added to template1 would reach the others' databases.
    with start(Options(provider="embedded")) as server:
        with psycopg.connect(server.url.set(database="template1").render_as_string(hide_password=False)) as connection:
            connection.execute("CREATE TABLE added ()")
        for database in (server.create(), server.clone(server.template(["1"], lambda _: None))):
            with psycopg.connect(database.dsn) as connection:
                assert connection.execute("SELECT to_regclass('added')").fetchone() == (None,)


def test_server_travels_to_another_process_after_it_was_used(postgres_server: Server) -> None:
    version = postgres_server.version
    travelled = pickle.loads(pickle.dumps(postgres_server))  # noqa: S301 (our own)
    assert travelled.version == version
    travelled.close()


def test_server_opens_another_connection_where_a_test_has_ended_its_own(server: Server) -> None:
    server.create()
    with psycopg.connect(server.url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", [server._connection.info.backend_pid])
    database = server.create()
    assert database.name in names(server)


def test_server_that_is_lost_is_told_with_its_address() -> None:
    running = embedded.start(find(None), Owner.current())
    server = Server(running.url, Owner.current(), "")
    server.create()
    running.stop()
    with pytest.raises(
        PostgresError, match=f"Can't connect to the PostgreSQL server .*127.0.0.1:{running.url.port}/postgres"
    ):
        server.create()


def test_server_sweeps_on_where_one_database_is_not_its_own_to_drop() -> None:
    with start(Options(provider="embedded")) as server:
        gone = dataclasses.replace(server, owner=dataclasses.replace(server.owner, pid=NO_PID))
        gone.create()
        with psycopg.connect(server.url.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute("CREATE ROLE other LOGIN PASSWORD 'secret' CREATEDB")
        other = dataclasses.replace(server, url=server.url.set(username="other", password="secret"))
        other.sweep()
        assert len(names(gone)) == 1
        other.close()
        gone.close()


def test_role_with_createdb_alone_can_do_all_that_is_needed() -> None:
    with start(Options(provider="embedded")) as server:
        with psycopg.connect(server.url.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute("CREATE ROLE plain LOGIN PASSWORD 'secret' CREATEDB")
        plain = dataclasses.replace(server, url=server.url.set(username="plain", password="secret"))
        assert rows(plain.clone(plain.template(["plain"], make_table))) == [(1,)]
        plain.drop_all()
        assert names(plain) == set()
        plain.close()


def test_database_url_translates_sslmode_for_asyncpg_alone(server: Server) -> None:
    named = dataclasses.replace(server, url=server.url.set(query={"sslmode": "require"}))
    assert Database("schemaproof_x", named).url("asyncpg").query == {"ssl": "require"}
    assert Database("schemaproof_x", named).url("psycopg").query == {"sslmode": "require"}
