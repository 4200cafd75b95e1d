"""How a catalog is read: as of one moment, by a constant number of queries, without a trace on the connection."""

import pickle
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from schemaproof.catalog import Catalog, Identity, diff
from schemaproof.catalog.aspects import ASPECTS
from schemaproof.postgres import Database
from tests.schemaproof.catalog.conftest import Change, Connection

_TABLE = Identity("table", "public", "", "t")


def _statements(connection: Connection) -> int:
    """How many statements one read takes."""
    sent: list[object] = []
    execute = psycopg.RawCursor.execute

    def count(cursor: psycopg.RawCursor[Any], query: Any, *arguments: Any, **options: Any) -> Any:
        sent.append(query)
        return execute(cursor, query, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.RawCursor, "execute", count)
        Catalog.read(connection)
    return len(sent)


def test_a_read_takes_as_many_queries_for_many_objects_as_for_one(connection: Connection) -> None:
    def make(number: int) -> int:
        connection.execute(f"CREATE TABLE t{number} (id serial PRIMARY KEY, a int UNIQUE)".encode())
        return _statements(connection)

    one = make(0)
    assert {make(number) for number in range(1, 20)} == {one}


def test_a_read_does_not_ask_for_what_there_is_not(connection: Connection) -> None:
    """Planning the queries of all aspects takes a new session three times as long as all else."""
    empty = _statements(connection)
    connection.execute("CREATE TABLE t (id int)")
    assert 0 < empty < _statements(connection) < len(ASPECTS)


@pytest.mark.parametrize("autocommit", [True, False])
def test_a_read_leaves_the_connection_as_it_was(autocommit: bool, empty_database: Database) -> None:
    with psycopg.connect(empty_database.dsn, autocommit=autocommit) as connection:
        connection.execute("SET search_path = x, public; SET TimeZone = 'Asia/Tokyo'")
        connection.commit()

        Catalog.read(connection)

        assert connection.info.transaction_status == TransactionStatus.IDLE
        assert (connection.autocommit, connection.isolation_level) == (autocommit, None)
        assert connection.execute("SHOW search_path").fetchone() == ("x, public",)
        assert connection.execute("SHOW TimeZone").fetchone() == ("Asia/Tokyo",)
        connection.execute("CREATE TABLE public.t (a int)")


def test_a_read_within_a_transaction_sees_what_it_did_and_does_not_end_it(empty_database: Database) -> None:
    with psycopg.connect(empty_database.dsn) as connection:
        connection.execute("SET LOCAL search_path = public; CREATE TABLE t (a int)")

        catalog = Catalog.read(connection)

        assert _TABLE in catalog.objects
        assert connection.info.transaction_status == TransactionStatus.INTRANS
        assert connection.execute("SHOW search_path").fetchone() == ("public",)
        connection.rollback()
        assert _TABLE not in catalog.refresh(connection).objects


def test_a_catalog_travels_to_other_processes(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a int)")
    catalog = Catalog.read(connection)
    copy = pickle.loads(pickle.dumps(catalog))  # noqa: S301 (our own)
    connection.execute("ALTER TABLE t ADD b int")
    assert copy == catalog
    assert [str(one) for one in diff(copy, copy.refresh(connection))] == ["column public.t.b: is extra"]


def test_a_catalog_cannot_be_changed(connection: Connection) -> None:
    catalog = Catalog.read(connection)
    with pytest.raises(TypeError):
        catalog.objects[_TABLE] = {}  # type: ignore[index]  # the point


def test_objects_of_an_extension_are_left_out(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE of_x (id serial PRIMARY KEY, a int); CREATE INDEX ON of_x (a); CREATE TYPE ty AS ENUM ('a');"
        " CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT 1 AS a"
    )
    for what in ("TABLE of_x", "SEQUENCE of_x_id_seq", "TYPE ty", "FUNCTION f()", "VIEW v"):
        connection.execute(f"ALTER EXTENSION plpgsql ADD {what}".encode())
    assert [str(identity) for identity in Catalog.read(connection).objects] == ["schema public", "extension plpgsql"]


def test_temporary_objects_of_any_session_are_left_out(connection: Connection, empty_database: Database) -> None:
    before = Catalog.read(connection)
    with psycopg.connect(empty_database.dsn, autocommit=True) as other:
        other.execute("CREATE TEMPORARY TABLE x (id serial PRIMARY KEY); CREATE TYPE pg_temp.y AS ENUM ('a')")
        connection.execute("CREATE TEMPORARY TABLE x (id serial PRIMARY KEY)")
        assert diff(before, Catalog.read(connection)) == []


def test_the_version_table_may_have_another_name(connection: Connection) -> None:
    connection.execute("CREATE SCHEMA s; CREATE TABLE s.v (a int PRIMARY KEY); CREATE TABLE alembic_version (a int)")
    tables = {identity for identity in Catalog.read(connection, version_table=("s", "v")).objects if identity.parent}
    assert tables == {Identity("column", "public", "alembic_version", "a")}


def test_without_a_version_table_all_are_told(connection: Connection) -> None:
    connection.execute("CREATE TABLE alembic_version (a int)")
    names = {str(identity) for identity in Catalog.read(connection, version_table=None).objects}
    assert "table public.alembic_version" in names


def test_owners_and_privileges_are_told_only_when_asked(connection: Connection) -> None:
    setup = (
        "CREATE TABLE t (a int); CREATE SEQUENCE s; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "CREATE TYPE e AS ENUM ('a')"
    )
    connection.execute(setup)
    plain, full = Catalog.read(connection), Catalog.read(connection, privileges=True)
    connection.execute(
        "ALTER TABLE t OWNER TO pg_monitor; GRANT SELECT (a) ON t TO PUBLIC; GRANT USAGE ON TYPE e TO PUBLIC"
    )
    connection.execute("GRANT USAGE ON SEQUENCE s TO PUBLIC; REVOKE EXECUTE ON FUNCTION f FROM PUBLIC")
    connection.execute(
        "GRANT CREATE ON SCHEMA public TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC"
    )

    assert diff(plain, plain.refresh(connection)) == []
    assert {(str(one.identity).split(" of ")[0], one.attribute) for one in diff(full, full.refresh(connection))} == {
        ("table public.t", "owner"),
        ("table public.t", "privileges"),
        ("column public.t.a", "privileges"),
        ("sequence public.s", "privileges"),
        ("function public.f()", "privileges"),
        ("schema public", "privileges"),
        ("default privileges", ""),
    }


def test_what_is_granted_by_default_is_no_privilege_of_its_own(change: Change) -> None:
    before, after = change("CREATE TABLE t (a int)", "GRANT SELECT ON t TO PUBLIC; REVOKE SELECT ON t FROM PUBLIC")
    assert diff(before, after) == []


@pytest.mark.parametrize(
    "setting",
    ["quote_all_identifiers = on", "DateStyle = 'German'", "IntervalStyle = 'iso_8601'", "TimeZone = 'Asia/Tokyo'"],
)
def test_the_session_s_settings_change_nothing(setting: str, connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE t (a date DEFAULT '2000-12-31'::date, b interval DEFAULT '1 day 2 hours'::interval,"
        " c timestamptz DEFAULT '2000-12-31 00:00+00'::timestamptz CHECK (c < '2100-01-01 00:00+00'::timestamptz))"
    )
    before = Catalog.read(connection)
    connection.execute(f"SET {setting}".encode())
    assert diff(before, Catalog.read(connection)) == []
