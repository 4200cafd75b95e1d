"""What the tests of cascades share: one database, in which nothing is left."""

from collections.abc import Iterator

import psycopg
import pytest

from schemaproof.postgres import Server
from tests.schemaproof.proofs.deletes.server import SETTINGS, Connection
from tests.schemaproof.proofs.deletes.world import World


@pytest.fixture(scope="module")
def connection(postgres_server: Server) -> Iterator[Connection]:
    """A connection to a database of the module's own; rows are found in the order in which they lie."""
    with postgres_server.create() as database, psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(SETTINGS)
        yield connection


@pytest.fixture
def world(connection: Connection) -> Iterator[World]:
    """A schema to be made; nothing is left of it."""
    connection.execute("BEGIN")
    yield World(connection)
    connection.execute("ROLLBACK; DROP SCHEMA IF EXISTS s CASCADE")
