"""A refreshed catalog is the catalog that a read would give; read is the oracle."""

import random
from collections.abc import Iterator

import psycopg
import pytest

from schemaproof.catalog import Catalog, diff, reading, watch
from schemaproof.postgres import Database, Server
from tests.schemaproof.catalog.cases import Case
from tests.schemaproof.catalog.conftest import Connection, execute
from tests.schemaproof.catalog.ddl import STATEMENTS
from tests.schemaproof.catalog.test_attributes import CASES

_SETUP = "CREATE TABLE t (id serial PRIMARY KEY, a text, b int); CREATE TYPE e AS ENUM ('a'); CREATE SCHEMA s"


def assert_as_read(catalog: Catalog, connection: Connection) -> None:
    """``catalog`` holds what is read now, and nothing else."""
    now = Catalog.read(connection, privileges=catalog.privileges)
    assert catalog.objects == now.objects
    assert list(map(str, diff(catalog, now))) == []


@pytest.fixture
def roles(connection: Connection) -> Iterator[None]:
    """No role is left of those that statements make."""
    yield
    connection.execute("DROP SCHEMA public CASCADE")
    connection.execute("DROP ROLE IF EXISTS schemaproof_ddl, schemaproof_ddl9")


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize("seed", range(4))
def test_refresh_gives_what_read_gives_after_any_statements(seed: int, connection: Connection) -> None:
    choose = random.Random(seed)  # noqa: S311 (nothing is secret)
    execute(connection, _SETUP)
    catalog = Catalog.read(connection, privileges=bool(seed % 2))
    done = 0
    for _ in range(50):
        for statement in choose.choices(STATEMENTS, k=3):
            try:
                connection.execute(statement.encode())
                done += 1
            except psycopg.Error:  # what it is about is not there, or there already: rolled back
                continue
        catalog = catalog.refresh(connection)
        assert_as_read(catalog, connection)
    assert done > 20


@pytest.mark.parametrize("case", CASES, ids=str)
def test_refresh_gives_what_read_gives_after_a_change_of_any_attribute(
    case: Case, shared_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what is rolled back nothing is kept otherwise; here each change is a subtransaction with an xid of its own."""
    release = shared_connection.info.server_version // 10000
    if release < case.since:
        pytest.skip("this release has no such thing")
    prepare = reading._prepare

    def prepare_as_settled(cursor: reading.Cursor) -> tuple[str, bool, str]:
        origin, _, version = prepare(cursor)
        return origin, True, version

    monkeypatch.setattr(reading, "_prepare", prepare_as_settled)
    with shared_connection.transaction(force_rollback=True):
        shared_connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")  # other tests make roles
        with shared_connection.transaction():
            execute(shared_connection, case.setup)
        before = Catalog.read(shared_connection)
        assert before.stamp is not None
        with psycopg.RawCursor(shared_connection) as cursor:
            # A first reading has both from one query; a refresh asks two others.
            assert before.stamp.shelves == watch.shelves(cursor, release)
            assert before.stamp.units == reading.shelved(watch.units(cursor, release))
        with shared_connection.transaction():
            execute(shared_connection, case.change)
        assert_as_read(before.refresh(shared_connection), shared_connection)


def test_refresh_of_a_clone_reads_what_changed_there(connection: Connection, postgres_server: Server) -> None:
    execute(connection, _SETUP)
    before = Catalog.read(connection)
    name = connection.info.dbname
    connection.close()
    with (
        _clone(postgres_server, name) as clone,
        psycopg.connect(clone.dsn, autocommit=True) as other,
    ):
        assert before.refresh(other) == before
        execute(other, "ALTER TABLE t ADD c int; DROP TYPE e")
        after = before.refresh(other)
        assert_as_read(after, other)
        assert [str(one) for one in diff(before, after)] == ["column public.t.c: is extra", "type public.e: is missing"]


def test_refresh_by_another_database_gives_that_one_s_catalog(connection: Connection, postgres_server: Server) -> None:
    execute(connection, _SETUP)
    catalog = Catalog.read(connection)
    with postgres_server.create() as database, psycopg.connect(database.dsn, autocommit=True) as other:
        assert_as_read(catalog.refresh(other), other)
        execute(other, "CREATE TABLE t (x int)")
        assert_as_read(catalog.refresh(other), other)


def test_refresh_by_a_clone_that_changed_before_the_read_sees_the_change(
    connection: Connection, postgres_server: Server
) -> None:
    execute(connection, _SETUP)
    name, dsn = connection.info.dbname, connection.info.dsn
    connection.close()
    with _clone(postgres_server, name) as clone, psycopg.connect(clone.dsn, autocommit=True) as other:
        execute(other, "ALTER TABLE t ALTER b SET NOT NULL")
        with psycopg.connect(dsn, autocommit=True, password=postgres_server.url.password) as again:
            catalog = Catalog.read(again)
        assert_as_read(catalog.refresh(other), other)


def test_refresh_within_a_transaction_sees_what_that_changes_twice(empty_database: Database) -> None:
    """Both changes are made by one transaction: the row's xmin is the same."""
    with psycopg.connect(empty_database.dsn) as connection:
        execute(connection, _SETUP)
        connection.commit()
        before = Catalog.read(connection)
        connection.commit()
        execute(connection, "ALTER TABLE t ALTER b SET NOT NULL")
        once, again = before.refresh(connection), Catalog.read(connection)
        execute(connection, "ALTER TABLE t ALTER b DROP NOT NULL")
        assert_as_read(once.refresh(connection), connection)
        assert_as_read(again.refresh(connection), connection)


def test_refresh_after_a_rollback_forgets_what_was_seen_before_it(empty_database: Database) -> None:
    with psycopg.connect(empty_database.dsn) as connection:
        execute(connection, _SETUP)
        connection.commit()
        execute(connection, "ALTER TABLE t ALTER b SET NOT NULL")
        seen = Catalog.read(connection)
        connection.rollback()
        assert_as_read(seen.refresh(connection), connection)


@pytest.mark.parametrize(
    ("setup", "statement"),
    [
        ("CREATE TABLE m (a e DEFAULT 'a')", "ALTER TYPE e RENAME VALUE 'a' TO 'b'"),
        ("CREATE VIEW v AS SELECT b FROM t; CREATE VIEW w AS SELECT b FROM v", "ALTER VIEW v RENAME b TO c"),
        ("CREATE VIEW v AS SELECT j.* FROM (t CROSS JOIN e1) AS j (x, y, z)", "ALTER TABLE t ADD n int"),
        ("CREATE FUNCTION f() RETURNS int RETURN (SELECT b FROM t)", "ALTER TABLE t RENAME b TO c"),
        ("CREATE TABLE r (x int REFERENCES t)", "ALTER TABLE t RENAME id TO key"),
        ("CREATE TABLE r (x s.d)", "ALTER SCHEMA s RENAME TO z"),
    ],
)
def test_refresh_sees_a_name_where_others_show_it(setup: str, statement: str, connection: Connection) -> None:
    execute(connection, f"{_SETUP}; CREATE TABLE e1 (q int); CREATE DOMAIN s.d AS int; {setup}")
    before = Catalog.read(connection)
    execute(connection, statement)
    assert_as_read(before.refresh(connection), connection)


@pytest.fixture
def roles_stand_still(postgres_server: Server) -> Iterator[None]:
    """No other worker's test makes a role meanwhile: after that, everything is read again."""
    dsn = postgres_server.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn) as locking:
        locking.execute("LOCK TABLE pg_authid IN SHARE MODE")
        yield


@pytest.mark.usefixtures("roles_stand_still")
def test_refresh_without_a_change_shares_everything(connection: Connection) -> None:
    execute(connection, _SETUP)
    before = Catalog.read(connection)
    after = before.refresh(connection)
    assert list(after.items(before)) == []


@pytest.mark.usefixtures("roles_stand_still")
def test_refresh_reads_again_only_what_changed(connection: Connection) -> None:
    for number in range(30):
        execute(connection, f"CREATE TABLE t{number} (id serial PRIMARY KEY, a int)")
    before = Catalog.read(connection)
    execute(connection, "CREATE TABLE more (id int REFERENCES t7); DROP TABLE t8; CREATE INDEX ON t9 (a)")
    after = before.refresh(connection)
    assert {item.identity.parent or item.identity.name for item in after.items(before)} == {"more", "t7", "t9"}


def _clone(server: Server, name: str) -> Database:
    clone = server.create()
    server.drop(clone.name)
    with psycopg.connect(server.url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{clone.name}" TEMPLATE "{name}"'.encode())
    return clone
