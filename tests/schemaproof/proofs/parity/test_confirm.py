"""Which defaults are the same though PostgreSQL prints them differently."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from schemaproof.postgres import Server
from schemaproof.proofs.parity.confirm import printed_default, same_default

type Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def connection(postgres_server: Server) -> Iterator[Connection]:
    with postgres_server.create() as database, psycopg.connect(database.dsn) as connection:
        connection.execute("CREATE SEQUENCE one; CREATE SEQUENCE two")
        connection.execute("CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 42'")
        connection.commit()
        yield connection


SAME = [
    ("bigint", "0", "'0'::bigint"),
    ("numeric(4,1)", "1.50", "1.5"),
    ("timestamp with time zone", "now()", "CURRENT_TIMESTAMP"),
    ("timestamp without time zone", "timezone('utc'::text, now())", "(now() AT TIME ZONE 'utc'::text)"),
    ("date", "CURRENT_DATE", "(now())::date"),
    ("jsonb", """'{"a":1}'::jsonb""", """'{"a": 1}'::jsonb"""),
]
DIFFERENT = [
    ("integer", "1", "2"),
    ("character varying(2)", "'abc'::text", "'a'::text"),
    ("double precision", "random()", "random() * 1"),
    ("bigint", "nextval('public.one'::regclass)", "nextval('public.two'::regclass)"),
    ("timestamp with time zone", "now()", "clock_timestamp()"),
    ("timestamp with time zone", "now()", "statement_timestamp()"),
    ("timestamp without time zone", "now()", "timezone('utc'::text, now())"),
    ("date", "CURRENT_DATE + 1", "CURRENT_DATE"),
    ("date", "CURRENT_DATE", "((now() AT TIME ZONE 'UTC'::text))::date"),
    pytest.param("date", "CURRENT_DATE", f"'{datetime.now(UTC).date()}'::date", id="today"),
    ("text", "CURRENT_USER", "SESSION_USER"),
    ("integer", "public.answer()", "42"),
    ("text", "NULL::text", "NULL::character varying"),
    ("integer", "no_such_function()", "1"),
]


@pytest.mark.parametrize(("kind", "one", "other"), SAME)
def test_defaults_that_give_the_same_value_are_the_same(
    connection: Connection, kind: str, one: str, other: str
) -> None:
    assert same_default(connection, kind, one, other)


@pytest.mark.parametrize(("kind", "one", "other"), DIFFERENT)
def test_defaults_that_may_give_different_values_are_different(
    connection: Connection, kind: str, one: str, other: str
) -> None:
    assert not same_default(connection, kind, one, other)


def test_nothing_is_left_of_asking(connection: Connection) -> None:
    before = connection.execute("SELECT last_value, is_called FROM one").fetchone()

    printed_default(connection, "text", "'x'")

    assert connection.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'schemaproof%'").fetchone() == (0,)
    assert connection.execute("SELECT last_value, is_called FROM one").fetchone() == before


def test_default_is_printed_as_the_column_has_it(connection: Connection) -> None:
    assert printed_default(connection, "character varying(5)", "'x'") == "'x'::character varying"


def test_default_that_the_server_refuses_is_not_printed(connection: Connection) -> None:
    assert printed_default(connection, "integer", "nonsense") is None
