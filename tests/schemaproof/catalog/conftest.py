"""One database for the tests of a module that undo what they do, and a catalog before and after a statement."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from schemaproof.catalog import Catalog
from schemaproof.postgres import Database, Server

type Connection = psycopg.Connection[tuple[Any, ...]]
type Change = Callable[[str, str], tuple[Catalog, Catalog]]


@pytest.fixture(scope="module")
def shared_connection(postgres_server: Server) -> Iterator[Connection]:
    """A connection to an empty database of the module's own."""
    with postgres_server.create() as database, psycopg.connect(database.dsn) as connection:
        keep_prepared(connection)
        yield connection
        connection.rollback()


@pytest.fixture
def change(shared_connection: Connection) -> Change:
    """Run a setup and then a change, and get the catalogs after each; nothing is left of them."""

    def run(setup: str, statements: str) -> tuple[Catalog, Catalog]:
        with shared_connection.transaction(force_rollback=True):
            execute(shared_connection, setup)
            before = Catalog.read(shared_connection)
            execute(shared_connection, statements)
            return before, Catalog.read(shared_connection)

    return run


@pytest.fixture
def connection(empty_database: Database) -> Iterator[Connection]:
    """A connection in autocommit mode to a database of the test's own."""
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        keep_prepared(connection)
        yield connection


def keep_prepared(connection: Connection) -> None:
    """Let the queries that read a catalog stay prepared, as in a session that reads and does nothing else.

    At each ROLLBACK, DROP and ALTER psycopg forgets them, since they may be about what was dropped; these are about
    pg_catalog. To plan them anew takes the server longer than all else that most tests here do.
    """
    connection.prepare_threshold = sys.maxsize  # nothing of a test's own
    connection._prepared.clear = lambda: False  # type: ignore[method-assign]  # there is no setting for it


def execute(connection: Connection, statements: str) -> None:
    """Run ``statements``, of which there may be none."""
    if statements:
        connection.execute(statements.encode())
