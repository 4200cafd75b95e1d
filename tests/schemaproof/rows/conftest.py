"""What the tests of rows share: a database of the test's own, and what its tables hold."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from schemaproof.postgres import Database
from schemaproof.rows import Filled, fill

type Connection = psycopg.Connection[tuple[Any, ...]]
type Held = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def connection(empty_database: Database) -> Iterator[Connection]:
    """A connection in autocommit mode to a database of the test's own."""
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def held(connection: Connection) -> Held:
    """The rows of a table, in their order, NULLs last; by default of public.t."""

    def read(name: str = "t", schema: str = "public") -> list[tuple[Any, ...]]:
        query = sql.SQL("SELECT * FROM {} _row ORDER BY _row").format(sql.Identifier(schema, name))
        return connection.execute(query).fetchall()

    return read


def run(connection: Connection, statements: str) -> None:
    """Run them in one go."""
    connection.execute(statements.encode())


def assert_filled(filled: Filled, *tables: str) -> None:
    """Exactly these tables were filled, and none was refused."""
    assert filled == Filled(tables, {})


def refusal(connection: Connection, statements: str, table: str = "public.t") -> str:
    """Why the table that ``statements`` make is not filled."""
    run(connection, statements)
    filled = fill(connection)
    assert table not in filled.filled
    return filled.refused[table]
