"""What the tests ask of a :class:`schema.database.Database`."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from schema.database import Database
from schemaproof.traffic.server import ServerObserver

type Work = Callable[[AsyncSession], Awaitable[int]]

LEDGER = "CREATE TABLE ledger (entry int NOT NULL)"  # without a key: what was done twice is there twice


async def backend(session: AsyncSession) -> int:
    """The pid of the backend that serves ``session``."""
    return int(await session.scalar(text("SELECT pg_backend_pid()")))


async def query(database: Database) -> int:
    """One request by ``session``: the pid of the backend that served it."""
    async with database.session() as session, session.begin():
        return await backend(session)


def at(statement: str) -> Work:
    """Work that runs ``statement`` and returns its number."""

    async def work(session: AsyncSession) -> int:
        return int(await session.scalar(text(statement)) or 0)

    return work


def entering(entry: int) -> Work:
    """Work that writes ``entry`` into the ledger, and returns it."""

    async def work(session: AsyncSession) -> int:
        await session.execute(text("INSERT INTO ledger VALUES (:entry)"), {"entry": entry})
        return entry

    return work


async def hold(database: Database, count: int, until: AsyncExitStack) -> list[int]:
    """Sessions that keep ``count`` connections until the stack is closed: the pids of their backends."""
    sessions = [await until.enter_async_context(database.session()) for _ in range(count)]
    return [await backend(session) for session in sessions]


async def assert_whole(database: Database, observer: ServerObserver) -> None:
    """Nothing is held, and all connections that there may be can be used at once; the server has no other."""
    assert database.stats().in_use == 0
    async with AsyncExitStack() as held:
        size = database.settings.max_size
        backends = await hold(database, size, held)
        assert len(set(backends)) == size
        await observer.becomes(size)
        assert observer.pids() == set(backends)


def entries(rows: Iterable[tuple[int]]) -> list[int]:
    """The ledger's entries, sorted."""
    return sorted(entry for (entry,) in rows)
