"""After any schedule of cuts: acknowledged writes are there once, others at most once, and the pool serves again."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from schema.database import Database
from schema.settings import Settings
from schemaproof.postgres import Database as ThrowawayDatabase
from schemaproof.postgres import Server
from schemaproof.traffic.cuts import Bytes, Close, Cut, Reset
from schemaproof.traffic.leaks import no_leaks
from schemaproof.traffic.pgbouncer import PgBouncer
from schemaproof.traffic.proxy import Proxy
from schemaproof.traffic.server import ServerObserver
from schemaproof.traffic.wire import Direction, Message
from tests.pool.asking import LEDGER, assert_whole, entering, entries
from tests.pool.bouncing import observe, through

WRITERS = 6
WRITES = 3  # of each

messages = st.sampled_from(
    [
        *(Message.STARTUP, Message.QUERY, Message.PARSE, Message.BIND, Message.EXECUTE, Message.COMMIT),
        *(Message.COMMAND_COMPLETE, Message.READY_FOR_QUERY, Message.COMMIT_COMPLETE),
    ]
)
points = messages | st.builds(Bytes, st.integers(0, 2000), st.sampled_from(Direction))
cuts = st.builds(
    Cut,
    at=points,
    how=st.sampled_from([Reset(), Close()]),
    occurrence=st.integers(1, 20),
    forwarded=st.booleans(),
)
schedules = st.lists(cuts, min_size=1, max_size=12)
"""[Cut(Message.COMMIT_COMPLETE, occurrence=3), Cut(Bytes(700, Direction.TO_CLIENT), how=Close())]"""


@pytest.fixture(scope="module")
def cut_database(postgres_server: Server, bouncer: PgBouncer | None) -> Iterator[ThrowawayDatabase]:
    with postgres_server.create() as database:
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            connection.execute(LEDGER)
        yield through(bouncer, database)


async def write(database: Database, entry: int, acknowledged: list[int], failed: list[BaseException]) -> None:
    try:
        acknowledged.append(await database.run(entering(entry)))
    except (OSError, psycopg.Error, Exception) as error:  # noqa: BLE001 (any is an answer)
        failed.append(error)


async def write_through(proxy: Proxy, schedule: list[Cut], observer: ServerObserver) -> list[int]:
    """Let the writers write while the schedule happens: what was acknowledged."""
    acknowledged: list[int] = []
    failed: list[BaseException] = []

    async def writer(number: int) -> None:
        for entry in range(number * WRITES, (number + 1) * WRITES):
            await write(database, entry, acknowledged, failed)

    settings_ = Settings(proxy.url(), min_size=2, max_size=4, retry_delay=0.001)
    async with no_leaks(observer), Database(settings_) as database:
        planned = [proxy.plan(cut) for cut in schedule]
        await asyncio.gather(*(writer(number) for number in range(WRITERS)))
        for cut in planned:
            event("met" if cut.met else "not met")
            cut.withdraw()
        assert len(acknowledged) + len(failed) == WRITERS * WRITES
        for kind in Counter(type(error).__name__ for error in failed):
            event(f"told {kind}")
        await assert_whole(database, observer)
    return acknowledged


# An example takes a third of a second: fewer than the profile says.
@settings(max_examples=max(20, settings().max_examples // 5), suppress_health_check=[HealthCheck.too_slow])
@given(schedule=schedules)
def test_after_any_schedule_of_cuts_every_write_is_there_as_often_as_was_said(
    cut_database: ThrowawayDatabase, schedule: list[Cut]
) -> None:
    async def run() -> list[int]:
        with observe(cut_database) as observer:
            async with Proxy.to(cut_database.url()) as proxy:
                return await write_through(proxy, schedule, observer)

    acknowledged = asyncio.run(run())

    with psycopg.connect(cut_database.dsn, autocommit=True) as connection:
        stored = entries(connection.execute("SELECT entry FROM ledger"))
        connection.execute("TRUNCATE ledger")
    assert len(stored) == len(set(stored)), f"stored twice: {stored}"
    assert set(acknowledged) <= set(stored), f"acknowledged and not stored: {set(acknowledged) - set(stored)}"
