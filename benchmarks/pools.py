"""The pools that ``schema.database.Database`` is measured beside, each set up as its documentation says.

All do the same two requests: SELECT 1 as a caller writes it who wants no more than that, and a read plus an insert in
one transaction.
"""

import importlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from schema.database import Database
from schemaproof.postgres import Database as ThrowawayDatabase

SIZE = 20  # connections
ACCOUNTS = 1000  # as many as TABLES makes
TABLES = """
CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL);
CREATE TABLE entries (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account int NOT NULL, amount int NOT NULL);
INSERT INTO accounts SELECT n, n FROM generate_series(1, 1000) n
"""

SELECT, TRANSACTION = "SELECT 1", "read and insert"
WORKLOADS = (SELECT, TRANSACTION)

_ONE = "SELECT 1"
_READ = "SELECT balance FROM accounts WHERE id = {}"
_INSERT = "INSERT INTO entries (account, amount) VALUES ({}, {})"
_DOLLARS = _READ.format("$1"), _INSERT.format("$1", "$2")
_PERCENTS = _READ.format("%s"), _INSERT.format("%s", "%s")
_ONE_TEXT, _READ_TEXT, _INSERT_TEXT = text(_ONE), text(_READ.format(":id")), text(_INSERT.format(":id", ":amount"))

type Work = Callable[[], Awaitable[object]]
type Works = dict[str, Work]


@dataclass(frozen=True)
class Contender:
    """A pool and a way to use it.

    Attributes:
        title: which.
        module: what must be installed for it.
        open: opens the pool on a database: the work of each workload, while the block lasts.
        ours: whether it is ``schema.database``.
    """

    title: str
    module: str
    open: Callable[[ThrowawayDatabase], Any]
    ours: bool = False

    @property
    def installed(self) -> bool:
        """Whether it can be measured here."""
        return find_spec(self.module) is not None


def account() -> int:
    """Any."""
    return random.randint(1, ACCOUNTS)  # noqa: S311 (no secret)


@asynccontextmanager
async def bare_asyncpg(database: ThrowawayDatabase) -> AsyncIterator[Works]:
    """The driver's own pool: what all others but psycopg's stand on."""
    read, insert = _DOLLARS
    async with asyncpg.create_pool(database.dsn, min_size=SIZE, max_size=SIZE) as pool:

        async def select() -> object:
            async with pool.acquire() as connection:
                return await connection.fetchval(_ONE)

        async def transaction() -> None:
            async with pool.acquire() as connection, connection.transaction():
                balance = await connection.fetchval(read, account())
                await connection.execute(insert, account(), balance)

        yield {SELECT: select, TRANSACTION: transaction}


@asynccontextmanager
async def psycopg_pool(database: ThrowawayDatabase) -> AsyncIterator[Works]:
    """The other driver's own pool."""
    read, insert = _PERCENTS
    kind = importlib.import_module("psycopg_pool").AsyncConnectionPool
    async with kind(database.dsn, min_size=SIZE, max_size=SIZE) as pool:

        async def select() -> object:
            async with pool.connection() as connection:
                return await (await connection.execute(_ONE)).fetchone()

        async def transaction() -> None:
            async with pool.connection() as connection:
                (balance,) = await (await connection.execute(read, [account()])).fetchone()
                await connection.execute(insert, [account(), balance])

        yield {SELECT: select, TRANSACTION: transaction}


async def select_one(session: AsyncSession) -> object:
    """SELECT 1."""
    return await session.scalar(_ONE_TEXT)


async def read_and_insert(session: AsyncSession) -> None:
    """Two statements, for a transaction."""
    balance = await session.scalar(_READ_TEXT, {"id": account()})
    await session.execute(_INSERT_TEXT, {"id": account(), "amount": balance})


def read_and_insert_in_one_go(session: Session) -> None:
    """The same, for ``AsyncSession.run_sync``: the way into SQLAlchemy's synchronous half is paid once."""
    balance = session.scalar(_READ_TEXT, {"id": account()})
    session.execute(_INSERT_TEXT, {"id": account(), "amount": balance})


def _sessions(make: Callable[[], AsyncSession]) -> Works:
    async def select() -> object:
        async with make() as session:
            return await select_one(session)

    async def transaction() -> None:
        async with make() as session, session.begin():
            await read_and_insert(session)

    return {SELECT: select, TRANSACTION: transaction}


def sqlalchemy(**pool: Any) -> Callable[[ThrowawayDatabase], Any]:
    """SQLAlchemy's engine with these arguments."""

    @asynccontextmanager
    async def opened(database: ThrowawayDatabase) -> AsyncIterator[Works]:
        engine = create_async_engine(database.url(), **pool)
        yield _sessions(lambda: AsyncSession(engine, expire_on_commit=False))
        await engine.dispose()

    return opened


@asynccontextmanager
async def by_session(database: ThrowawayDatabase) -> AsyncIterator[Works]:
    """``Database.session``."""
    async with Database(database.url()) as pool:
        yield _sessions(pool.session)


@asynccontextmanager
async def by_run(database: ThrowawayDatabase) -> AsyncIterator[Works]:
    """``Database.run``."""
    async with Database(database.url()) as pool:
        yield {SELECT: lambda: pool.run(select_one), TRANSACTION: lambda: pool.run(read_and_insert)}


@asynccontextmanager
async def by_run_sync(database: ThrowawayDatabase) -> AsyncIterator[Works]:
    """``Database.run`` with all statements in one ``run_sync``."""

    def one(session: Session) -> object:
        return session.scalar(_ONE_TEXT)

    async with Database(database.url()) as pool:
        yield {
            SELECT: lambda: pool.run(lambda session: session.run_sync(one)),
            TRANSACTION: lambda: pool.run(lambda session: session.run_sync(read_and_insert_in_one_go)),
        }


BASE = Contender("asyncpg, bare pool of 20", "asyncpg", bare_asyncpg)
# The same engine and as many connections, without what Database adds.
RIVAL = Contender("SQLAlchemy 20 + 0", "sqlalchemy", sqlalchemy(pool_size=SIZE, max_overflow=0))
CONTENDERS = (
    BASE,
    Contender("Database.run", "sqlalchemy", by_run, ours=True),
    Contender("Database.run, run_sync", "sqlalchemy", by_run_sync, ours=True),
    Contender("Database.session", "sqlalchemy", by_session, ours=True),
    RIVAL,
    Contender("SQLAlchemy 5 + 15, pre-ping", "sqlalchemy", sqlalchemy(max_overflow=SIZE - 5, pool_pre_ping=True)),
    Contender("psycopg_pool of 20", "psycopg_pool", psycopg_pool),
)
