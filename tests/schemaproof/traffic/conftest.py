"""An observer of an empty database, and pools on it."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from schemaproof.postgres import Database
from schemaproof.traffic.server import ServerObserver


@pytest.fixture
def observer(empty_database: Database) -> Iterator[ServerObserver]:
    with ServerObserver(empty_database) as observer:
        yield observer


@pytest.fixture
async def pool(empty_database: Database) -> AsyncIterator[asyncpg.Pool]:
    """A pool of three connections, opened when they are needed."""
    async with asyncpg.create_pool(empty_database.dsn, min_size=0, max_size=3) as pool:
        yield pool
