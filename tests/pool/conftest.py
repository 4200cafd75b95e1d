"""A started pool on a database of its own, and an observer of that database."""

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest

from schema.database import Database
from schemaproof.postgres import Database as ThrowawayDatabase
from schemaproof.postgres import Server
from tests.pool.observer import Observer


@pytest.fixture(scope="session")
def observers_connection(postgres_server: Server) -> Iterator[psycopg.Connection]:
    with (
        postgres_server.create() as elsewhere,
        psycopg.connect(elsewhere.dsn, autocommit=True, application_name="observer") as connection,
    ):
        yield connection


@pytest.fixture
def observer(observers_connection: psycopg.Connection, empty_database: ThrowawayDatabase) -> Observer:
    """The server's view of ``empty_database``."""
    return Observer(observers_connection, empty_database.dsn, empty_database.name)


@pytest.fixture
async def database(empty_database: ThrowawayDatabase) -> AsyncIterator[Database]:
    """A started :class:`schema.database.Database` as the application makes it, on ``empty_database``."""
    async with Database(empty_database.url()) as database:
        yield database
