"""Tables with a few rows that get many."""

from collections.abc import Iterator

import psycopg
import pytest

from schemaproof.postgres import Server
from schemaproof.rows.growing import Grown, connected, grow

MANY = 300


@pytest.fixture
def connection(postgres_server: Server) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with postgres_server.create() as database, connected(database.dsn) as connection:
        yield connection


type Connection = psycopg.Connection[tuple[object, ...]]


def grown(connection: Connection, *statements: str, table: str = "t") -> Grown:
    for statement in statements:
        connection.execute(statement.encode())
    return grow(connection, [("public", table)], MANY)


def count(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return None if row is None else row[0]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("smallint", "1"),
        ("int", "1"),
        ("bigint", "1"),
        ("numeric", "1.5"),
        ("double precision", "1"),
        ("uuid", "gen_random_uuid()"),
        ("text", "'a'"),
        ("varchar(12)", "'abcdefghijkl'"),
        ("char(8)", "'a'"),
        ("date", "'2024-01-01'"),
        ("timestamp", "'2024-01-01'"),
        ("timestamptz", "'2024-01-01'"),
        ("bytea", "'a'"),
        ("inet", "'10.0.0.1'"),
        ("int4range", "'[1,3)'"),
        ("tstzrange", "'[2024-01-01,2024-01-02)'"),
        ("d", "7"),
    ],
)
def test_unique_values_of_any_type_are_other_ones_in_each_row(connection: Connection, column: str, value: str) -> None:
    found = grown(
        connection, "CREATE DOMAIN d AS int", f"CREATE TABLE t (a {column} UNIQUE)", f"INSERT INTO t VALUES ({value})"
    )
    assert found == Grown({("public", "t"): MANY}, {})
    assert count(connection, "SELECT count(DISTINCT a) FROM t") == MANY


def test_what_is_not_unique_stays_as_it_is(connection: Connection) -> None:
    found = grown(
        connection,
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, b text, twice int GENERATED ALWAYS"
        " AS (a * 2) STORED)",
        "INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y')",
    )
    assert found.counts == {("public", "t"): MANY}
    assert count(connection, "SELECT count(*) FROM (SELECT DISTINCT a, b, twice FROM t) one") == 2


def test_indexes_of_expressions_and_several_columns_hold(connection: Connection) -> None:
    found = grown(
        connection,
        "CREATE TABLE t (id int PRIMARY KEY, a bool, b text, c text)",
        "CREATE UNIQUE INDEX ON t (a, b)",
        "CREATE UNIQUE INDEX ON t (lower(c))",
        "INSERT INTO t VALUES (1, true, 'x', 'A')",
    )
    assert found.counts == {("public", "t"): MANY}


def test_what_a_unique_foreign_key_refers_to_grows_too(connection: Connection) -> None:
    key = "ALTER TABLE {} ADD FOREIGN KEY (id) REFERENCES {}"
    found = grown(
        connection,
        "CREATE TABLE top (id int PRIMARY KEY)",
        "CREATE TABLE mid (id int PRIMARY KEY REFERENCES top)",
        "CREATE TABLE t (id int PRIMARY KEY REFERENCES mid, other int REFERENCES top)",
        "INSERT INTO top VALUES (1), (2)",
        "INSERT INTO mid VALUES (1), (2)",
        "INSERT INTO t VALUES (1, 2), (2, 1)",
    )
    assert found.counts["public", "t"] == MANY
    # Triggers did not fire: the keys hold, as new ones show.
    connection.execute(key.format("t", "mid").encode())
    connection.execute(key.format("mid", "top").encode())
    assert count(connection, "SELECT count(DISTINCT other) FROM t") == 2


def test_partitioned_table_grows_as_a_whole(connection: Connection) -> None:
    found = grown(
        connection,
        "CREATE TABLE t (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
        "CREATE TABLE t_2024 PARTITION OF t FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
        "INSERT INTO t VALUES (1, '2024-05-01')",
    )
    assert found.counts == {("public", "t"): MANY}


def test_triggers_do_not_fire(connection: Connection) -> None:
    found = grown(
        connection,
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'",
        "CREATE TABLE t (a int)",
        "INSERT INTO t VALUES (1)",
        "CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no()",
    )
    assert not found.refused


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ("CREATE TABLE t (a int)", "it holds no row that could be repeated"),
        ("CREATE TABLE t (a bool UNIQUE); INSERT INTO t VALUES (true)", "no more values for its unique columns (a)"),
        ("CREATE TABLE t (a char(2) UNIQUE); INSERT INTO t VALUES ('x')", "no more values for its unique columns (a)"),
        ("CREATE TABLE t (a int PRIMARY KEY CHECK (a < 9)); INSERT INTO t VALUES (1)", "violates check constraint"),
    ],
)
def test_table_that_takes_no_more_rows_is_told_with_the_reason(connection: Connection, made: str, why: str) -> None:
    found = grown(connection, *made.split("; "))
    assert not found.counts
    assert why in found.refused["public", "t"]
