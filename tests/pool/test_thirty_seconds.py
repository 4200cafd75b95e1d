"""Thirty seconds of load while the server is killed and started again, three times; beside it, what else takes long."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from schema.database import Database
from schema.errors import CommitOutcomeUnknownError, DatabaseUnavailableError
from schemaproof.postgres import Database as ThrowawayDatabase
from schemaproof.postgres import Server
from schemaproof.postgres.crashing import CrashServer, start_crashable
from schemaproof.traffic.load import closed_loop
from schemaproof.traffic.pgbouncer import PgBouncer, start_pgbouncer
from schemaproof.traffic.report import LoadReport
from tests.pool.asking import LEDGER, assert_whole, entering, entries
from tests.pool.bouncing import observe, through
from tests.pool.faults import LONG, Outcome, assert_told, happen

SECONDS = 30
RESTARTS = 3
# Around a restart all ask as fast as they are answered; the rest of the time, which would be the same again, each of
# them pauses in between.
BEFORE, AFTER = 0.5, 1.5  # seconds of haste around a restart
PAUSE = 0.2  # seconds


@dataclass(frozen=True)
class Loaded:
    """What came of the load: its report, the entries that were acknowledged, and those that are stored."""

    report: LoadReport
    acknowledged: list[int]
    stored: list[int]


@dataclass(frozen=True)
class ThirtySeconds:
    """What came of all of it; ``loaded`` is None where the server is a named one, which is never killed."""

    loaded: Loaded | None
    faults: dict[str, Outcome]


@pytest.fixture(scope="module")
def crash_server(postgres_server: Server) -> Iterator[CrashServer | None]:
    options = postgres_server.options
    if options is None or options.is_url:
        yield None
        return
    with start_crashable(options) as server:
        yield server


@pytest.fixture(scope="module")
def crash_bouncer(crash_server: CrashServer | None, bouncer: PgBouncer | None) -> Iterator[PgBouncer | None]:
    if bouncer is None or crash_server is None:
        yield None
        return
    with start_pgbouncer(crash_server.server.url) as crash_bouncer:
        yield crash_bouncer


@pytest.fixture(scope="module")
def outcome(
    postgres_server: Server,
    bouncer: PgBouncer | None,
    crash_server: CrashServer | None,
    crash_bouncer: PgBouncer | None,
    one_setting: None,  # noqa: ARG001 (it is in place)
) -> ThirtySeconds:
    # Not in the event loop: CREATE and DROP DATABASE wait for all backends, also for one that waits for the loop.
    with ExitStack() as stack:
        places = [through(bouncer, stack.enter_context(postgres_server.create())) for _ in LONG]
        loaded = None
        if crash_server is not None:
            loaded = through(crash_bouncer, stack.enter_context(crash_server.server.create()))
            with psycopg.connect(loaded.dsn, autocommit=True) as connection:
                connection.execute(LEDGER)

        async def all_at_once() -> ThirtySeconds:
            async with asyncio.TaskGroup() as group:
                faults = [group.create_task(happen(name, place)) for name, place in zip(LONG, places, strict=True)]
                load = group.create_task(load_over_restarts(crash_server, loaded)) if crash_server and loaded else None
            told = dict(zip(LONG, (fault.result() for fault in faults), strict=True))
            return ThirtySeconds(load.result() if load else None, told)

        return asyncio.run(all_at_once())


async def load_over_restarts(crash_server: CrashServer, place: ThrowawayDatabase) -> Loaded:
    numbers = itertools.count()
    acknowledged: list[int] = []
    haste = asyncio.Event()
    with observe(place) as observer:
        async with Database(place.url()) as database:

            async def request() -> None:
                acknowledged.append(await database.run(entering(next(numbers))))
                if not haste.is_set():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(haste.wait(), PAUSE)

            restarts = asyncio.create_task(restart(crash_server, haste))
            report = await closed_loop(request, tasks=50, seconds=SECONDS)
            await restarts
            observer.close()  # its own connection did not survive either
            await assert_whole(database, observer)
    with psycopg.connect(place.dsn) as connection:
        stored = entries(connection.execute("SELECT entry FROM ledger"))
    return Loaded(report, acknowledged, stored)


async def restart(server: CrashServer, haste: asyncio.Event) -> None:
    for _ in range(RESTARTS):
        await asyncio.sleep(SECONDS / (RESTARTS + 1) - BEFORE - AFTER)
        haste.set()
        await asyncio.sleep(BEFORE)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.restart)
        await asyncio.sleep(AFTER)
        haste.clear()


def test_load_over_three_restarts_loses_and_doubles_nothing(outcome: ThirtySeconds) -> None:
    if outcome.loaded is None:
        pytest.skip("a named server is never killed")
    report, acknowledged, stored = outcome.loaded.report, outcome.loaded.acknowledged, outcome.loaded.stored

    assert not report.unanswered
    assert len(stored) == len(set(stored))
    assert set(acknowledged) <= set(stored)
    errors = Counter(type(each.error) for each in report.requests if each.error)
    assert len(set(stored) - set(acknowledged)) <= errors[CommitOutcomeUnknownError]
    assert set(errors) <= {CommitOutcomeUnknownError, DatabaseUnavailableError, DBAPIError}, report
    assert {each.task for each in report.requests if not each.error} == set(range(50))


SILENT = "run: server falls silent, statement_timeout 1 s"


@pytest.mark.parametrize(
    "name",
    [
        *(name for name in LONG if name != SILENT),
        pytest.param(
            SILENT,
            marks=pytest.mark.not_through_pgbouncer("the limit is kept on this side, so that nothing is added to it"),
        ),
    ],
)
def test_fault_is_told_in_time_and_leaves_nothing(
    outcome: ThirtySeconds, name: str, record_property: Callable[[str, object], None]
) -> None:
    assert_told(name, outcome.faults[name], record_property)
