"""What can go wrong, what the caller sees of it, and after how long: the rows of the fault table.

Each row is provoked for real, on a database of its own; all of them at once, because some take as long as the spec's
limits are.
"""

import asyncio
import contextlib
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy import URL

from schema.database import Database
from schema.errors import DatabaseUnavailableError
from schema.settings import Settings
from schemaproof.postgres import Database as ThrowawayDatabase
from schemaproof.traffic.cuts import Cut, Stall
from schemaproof.traffic.proxy import Proxy
from schemaproof.traffic.server import NotSettledError, ServerObserver
from schemaproof.traffic.wire import Message
from tests.pool.asking import LEDGER, backend, entering, hold, query
from tests.pool.bouncing import observe

# Seconds that a busy machine may add to a limit.
SLACK = 3.0
SLOW_NAME = "slow.example"
FAULT = "fault"  # the name under which a test's row of the fault table travels to the terminal


@dataclass
class Ground:
    """Where a fault happens: a database, a way to it that can be cut, and a look at it from the side.

    Attributes:
        url: past the proxy.
        seconds: from the call to its answer; set by :meth:`sees`.
        told: the whole traceback of what the caller got.
    """

    url: URL
    proxy: Proxy
    observer: ServerObserver
    plain: psycopg.Connection
    seconds: float = 0.0
    told: str = ""

    async def sees(self, call: Awaitable[object]) -> str:
        """What the caller gets: "an answer", or the error and its cause."""
        began = time.monotonic()
        try:
            await call
        except Exception as error:  # noqa: BLE001 (that is the question)
            self.told = "".join(traceback.format_exception(error))
            why = f" ({error.cause.name})" if isinstance(error, DatabaseUnavailableError) else ""
            return f"{type(error).__name__}{why}"
        finally:
            self.seconds = time.monotonic() - began
        return "an answer"

    async def sees_at_start(self, url: URL | None = None) -> str:
        """What ``start`` with the default settings does."""
        database = Database(url or self.proxy.url())
        try:
            return await self.sees(database.start())
        finally:
            await database.stop()

    @asynccontextmanager
    async def running(self, **values: float) -> AsyncIterator[Database]:
        """A started database behind the proxy, with two connections at first: there are many side by side."""
        async with Database(Settings(self.proxy.url(), min_size=2, **values)) as database:  # type: ignore[arg-type]
            yield database


@asynccontextmanager
async def ground(database: ThrowawayDatabase) -> AsyncIterator[Ground]:
    """A ground on the empty ``database``; it gets the table ``ledger``."""
    with (
        psycopg.connect(database.dsn, autocommit=True, application_name="schemaproof") as plain,
        observe(database) as observer,
    ):
        plain.execute(LEDGER)
        async with Proxy.to(database.url()) as proxy:
            yield Ground(database.url(), proxy, observer, plain)


@dataclass(frozen=True)
class Fault:
    """A row: what happens, and what is expected of it.

    Attributes:
        provoke: makes it happen, and returns what the caller sees.
        sees: what that should be.
        at_least: seconds that the caller should wait.
        at_most: seconds after which the caller should know, without the machine's slack.
    """

    provoke: Callable[[Ground], Awaitable[str]]
    sees: str
    at_least: float
    at_most: float


@dataclass(frozen=True)
class Outcome:
    """What came of a fault: what the caller saw, after how long, the traceback, and what is left on the server."""

    seen: str
    seconds: float
    told: str
    left: int
    password: str


FAULTS: dict[str, Fault] = {}

type _Provoke = Callable[[Ground], Awaitable[str]]


def fault(name: str, sees: str, *, at_least: float = 0.0, at_most: float = 5.0) -> Callable[[_Provoke], _Provoke]:
    """Register a function as the fault ``name``."""

    def register(provoke: _Provoke) -> _Provoke:
        FAULTS[name] = Fault(provoke, sees, at_least, at_most)
        return provoke

    return register


async def happen(name: str, database: ThrowawayDatabase) -> Outcome:
    """Let the fault ``name`` happen in ``database``."""
    async with ground(database) as place:
        # What never ends is red, and does not hang.
        async with asyncio.timeout(100):
            seen = await FAULTS[name].provoke(place)
        with contextlib.suppress(NotSettledError):
            await place.observer.becomes(0)
        return Outcome(seen, place.seconds, place.told, place.observer.count(), str(place.url.password))


@fault("start: nothing listens", "DatabaseUnavailableError (REFUSED)")
async def _(place: Ground) -> str:
    place.proxy.refuse()
    return await place.sees_at_start()


@fault("start: packets vanish", "DatabaseUnavailableError (UNREACHABLE)", at_least=4)
async def _(place: Ground) -> str:
    place.proxy.swallow()
    return await place.sees_at_start()


@fault("start: accepted, never answered", "DatabaseUnavailableError (SILENT)", at_least=4)
async def _(place: Ground) -> str:
    place.proxy.accept_silently()
    return await place.sees_at_start()


@fault("start: silent from the third connection on", "DatabaseUnavailableError (SILENT)", at_least=4)
async def _(place: Ground) -> str:
    place.proxy.accept_silently(after=2)
    return await place.sees_at_start()


@fault("start: closed while it logs in", "DatabaseUnavailableError (CLOSED)")
async def _(place: Ground) -> str:
    place.proxy.hang_up()
    return await place.sees_at_start()


@fault("start: no such host", "DatabaseUnavailableError (NAME)")
async def _(place: Ground) -> str:
    return await place.sees_at_start(place.url.set(host="nowhere.invalid"))


@fault("start: the resolver does not answer", "DatabaseUnavailableError (NAME)", at_least=4)
async def _(place: Ground) -> str:
    return await place.sees_at_start(place.url.set(host=SLOW_NAME))


@fault("start: wrong password", "DatabaseUnavailableError (LOGIN)", at_most=2)
async def _(place: Ground) -> str:
    return await place.sees_at_start(place.url.set(password=f"not {place.url.password}"))


@fault("start: missing database", "DatabaseUnavailableError (DATABASE)")
async def _(place: Ground) -> str:
    return await place.sees_at_start(place.url.set(database="missing"))


@fault("start: server has no TLS", "DatabaseUnavailableError (TLS)")
async def _(place: Ground) -> str:
    return await place.sees_at_start(place.url.update_query_dict({"sslmode": "require"}))


@fault("start: no connection left", "DatabaseUnavailableError (FULL)")
async def _(place: Ground) -> str:
    place.proxy.reject("53300", "sorry, too many clients already", after=3)
    return await place.sees_at_start()


@fault("start: server is starting up, for a while", "an answer")
async def _(place: Ground) -> str:
    place.proxy.reject("57P03", "the database system is starting up")
    seen = asyncio.create_task(place.sees_at_start())
    await place.proxy.until(lambda: place.proxy.accepted >= 3)
    place.proxy.forward()
    return await seen


@fault("start: server is starting up, for too long", "DatabaseUnavailableError (STARTING)", at_least=4)
async def _(place: Ground) -> str:
    place.proxy.reject("57P03", "the database system is starting up")
    return await place.sees_at_start()


@fault("start: server is read-only", "ReadOnlyServerError (READ_ONLY)")
async def _(place: Ground) -> str:
    place.plain.execute(f'ALTER DATABASE "{place.url.database}" SET default_transaction_read_only = on')
    return await place.sees_at_start()


@fault("all connections in use", "PoolTimeoutError", at_least=30, at_most=30)
async def _(place: Ground) -> str:
    async with Database(place.url) as database, AsyncExitStack() as held:
        await hold(database, 20, held)
        return await place.sees(query(database))


@fault("idle connection killed", "an answer", at_most=1)
async def _(place: Ground) -> str:
    async with place.running() as database:
        await place.observer.terminate()
        return await place.sees(query(database))


@fault("idle connection cut by the network", "an answer", at_most=1)
async def _(place: Ground) -> str:
    async with place.running() as database:
        await place.proxy.cut_all()
        await place.observer.becomes(0)
        return await place.sees(query(database))


@fault("idle connection forgotten by the network", "an answer", at_least=5, at_most=8)
async def _(place: Ground) -> str:
    async with place.running(idle_for_long=0) as database:
        place.proxy.disturb_all(Stall())
        seen = await place.sees(query(database))
        await place.proxy.cut_all()
        return seen


@fault("run: connection lost mid-query", "an answer", at_least=1, at_most=2)
async def _(place: Ground) -> str:
    async with place.running() as database:
        place.proxy.plan(Cut(Message.EXECUTE))
        return await place.sees(database.run(entering(1)))


@fault("run: connection lost mid-query, twice", "DBAPIError", at_least=1, at_most=2)
async def _(place: Ground) -> str:
    async with place.running() as database:
        for occurrence in (1, 2):
            place.proxy.plan(Cut(Message.EXECUTE, occurrence=occurrence))
        return await place.sees(database.run(entering(1)))


@fault("run: server gone", "DatabaseUnavailableError (REFUSED)", at_least=1, at_most=2)
async def _(place: Ground) -> str:
    async with place.running() as database:
        place.proxy.refuse()
        await place.proxy.cut_all()
        return await place.sees(database.run(entering(1)))


@fault("run: COMMIT lost", "CommitOutcomeUnknownError", at_most=1)
async def _(place: Ground) -> str:
    async with place.running() as database:
        place.proxy.plan(Cut(Message.COMMIT))
        return await place.sees(database.run(entering(1)))


@fault("run: COMMIT's answer lost", "CommitOutcomeUnknownError", at_most=1)
async def _(place: Ground) -> str:
    async with place.running() as database:
        place.proxy.plan(Cut(Message.COMMIT_COMPLETE))
        return await place.sees(database.run(entering(1)))


@fault("run: COMMIT's answer lost, idempotent", "an answer", at_least=1, at_most=2)
async def _(place: Ground) -> str:
    async with place.running() as database:
        place.proxy.plan(Cut(Message.COMMIT_COMPLETE))
        return await place.sees(database.run(entering(1), idempotent=True))


@fault("run: unique violation", "IntegrityError", at_most=1)
async def _(place: Ground) -> str:
    place.plain.execute("CREATE UNIQUE INDEX ON ledger (entry)")
    async with place.running() as database:
        await database.run(entering(1))
        return await place.sees(database.run(entering(1)))


@fault("run: server falls silent, statement_timeout 1 s", "StatementTimeoutError", at_least=6, at_most=8)
async def _(place: Ground) -> str:
    async with place.running(statement_timeout=1) as database:
        place.proxy.plan(Cut(Message.EXECUTE, how=Stall()))
        seen = await place.sees(database.run(backend))
        await place.proxy.cut_all()
        return seen


@fault("run: failover to a read-only server", "ReadOnlyServerError (READ_ONLY)", at_most=1)
async def _(place: Ground) -> str:
    async with place.running() as database:
        place.plain.execute(f'ALTER DATABASE "{place.url.database}" SET default_transaction_read_only = on')
        await place.observer.terminate()
        return await place.sees(database.run(entering(1)))


# Those that take longer than the spec's limit of a start, up to the 30 s of a full pool: what else is long goes beside.
LONG = [name for name, each in FAULTS.items() if each.at_least >= 5]


def assert_told(name: str, outcome: Outcome, record: Callable[[str, object], None]) -> None:
    """The caller saw what it should, in time, and nothing is left; ``record`` gets the row of the fault table."""
    fault = FAULTS[name]
    record(FAULT, (name, outcome.seen, outcome.seconds, outcome.left))

    assert outcome.seen == fault.sees, outcome.told
    assert fault.at_least <= outcome.seconds <= fault.at_most + SLACK
    assert outcome.left == 0
    assert outcome.password not in outcome.told
