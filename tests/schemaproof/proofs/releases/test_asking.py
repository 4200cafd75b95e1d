"""Many statements at once, each as if it were the only one."""

from collections.abc import Iterator

import psycopg
import pytest

from schemaproof.postgres import Database
from schemaproof.proofs.releases.asking import ask


@pytest.fixture
def connection(empty_database: Database) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL CONSTRAINT named CHECK (name <> ''),"
            " other int UNIQUE DEFERRABLE INITIALLY DEFERRED)"
        )
        yield connection


def codes(connection: psycopg.Connection[tuple[object, ...]], *statements: str) -> list[str | None]:
    return [None if one is None else one.code for one in ask(connection, statements)]


def test_each_statement_meets_what_was_there_before_all(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    insert = "INSERT INTO t VALUES (1, 'a')"
    assert codes(connection, insert, "SELECT 1 / 0", insert, insert, "DELETE FROM t", insert) == [
        *(None, "22012", None, None, None, None)
    ]
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_refusals_one_after_the_other_and_at_the_ends_are_told(
    connection: psycopg.Connection[tuple[object, ...]],
) -> None:
    assert codes(connection, "SELECT a", "SELECT b", "SELECT 1", "SELEC") == ["42703", "42703", None, "42601"]
    assert codes(connection, *["SELECT 1"] * 50, "SELECT a", *["SELECT 1"] * 50) == [
        *[None] * 50,
        "42703",
        *[None] * 50,
    ]
    assert codes(connection) == []


def test_refusal_names_what_the_server_names(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    null, check = ask(connection, ["INSERT INTO t VALUES (1, NULL)", "INSERT INTO t VALUES (1, '')"])
    assert null is not None
    assert check is not None
    assert (null.code, null.schema, null.table, null.column) == ("23502", "public", "t", "name")
    assert (check.code, check.constraint) == ("23514", "named")


def test_deferred_constraint_is_checked_at_once(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    assert codes(connection, "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 1)") == ["23505"]


def test_session_that_is_lost_is_raised(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    with pytest.raises(psycopg.OperationalError):
        ask(connection, ["SELECT 1", "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT 1"])
