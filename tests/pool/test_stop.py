"""The stop waits for work in flight up to a limit, then cancels it; no connection is left on the server."""

import asyncio
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from schema.database import Database
from schema.errors import DatabaseStoppedError
from schema.settings import Settings
from schemaproof.postgres import Database as ThrowawayDatabase
from schemaproof.traffic.cuts import Stall
from schemaproof.traffic.leaks import no_leaks
from schemaproof.traffic.proxy import Proxy
from schemaproof.traffic.server import NotSettledError, ServerObserver
from schemaproof.traffic.waiting import becomes
from tests.pool.asking import at, backend, entering, entries, query


async def test_stop_leaves_no_connection_and_no_task(
    empty_database: ThrowawayDatabase, observer: ServerObserver
) -> None:
    async with no_leaks(observer), Database(empty_database.url()) as database:
        await asyncio.gather(*(query(database) for _ in range(20)))


async def test_connections_that_are_not_closed_are_seen(database: Database, observer: ServerObserver) -> None:
    await query(database)

    with pytest.raises(NotSettledError):
        await observer.becomes(0, within=1)


async def test_stop_twice_is_harmless(database: Database) -> None:
    await database.stop()
    await database.stop()


@pytest.mark.not_through_pgbouncer("it opens its server connections as it needs them")
async def test_database_starts_again_after_the_stop(database: Database, observer: ServerObserver) -> None:
    await database.stop()
    await observer.becomes(0)

    await database.start()

    assert observer.count() == 5
    assert await database.run(backend)


async def test_use_after_the_stop_is_refused(database: Database) -> None:
    await database.stop()

    with pytest.raises(RuntimeError, match="not started: await start"):
        database.session()
    with pytest.raises(RuntimeError, match="not started: await start"):
        await database.run(backend)


async def test_session_made_before_the_stop_gets_no_connection_after_it(
    database: Database, observer: ServerObserver
) -> None:
    session = database.session()
    await database.stop()

    with pytest.raises(DatabaseStoppedError):
        await backend(session)

    await observer.becomes(0)


async def test_stop_waits_for_work_in_flight(
    database: Database, plain: psycopg.Connection, observer: ServerObserver
) -> None:
    with observer.barrier() as barrier:

        async def work(session: AsyncSession) -> None:
            await entering(1)(session)
            await at(barrier.sql)(session)

        running = asyncio.create_task(database.run(work))
        waiting = [asyncio.create_task(query(database)) for _ in range(30)]
        await barrier.wait_for(1)
        stop = asyncio.create_task(database.stop())
        await asyncio.gather(*waiting)
        assert not stop.done()
        barrier.release()
        await stop

    await running
    await observer.becomes(0)
    assert entries(plain.execute("SELECT entry FROM ledger")) == [1]


async def test_stop_refuses_new_work_at_once(database: Database, observer: ServerObserver) -> None:
    with observer.barrier() as barrier:
        running = asyncio.create_task(database.run(at(barrier.sql)))
        await barrier.wait_for(1)
        stop = asyncio.create_task(database.stop())
        await asyncio.sleep(0)

        with pytest.raises(RuntimeError, match="not started"):
            await database.run(backend)

        barrier.release()
        await asyncio.gather(running, stop)


async def test_work_that_outlasts_the_limit_is_cancelled_and_told(
    empty_database: ThrowawayDatabase, plain: psycopg.Connection, observer: ServerObserver
) -> None:
    database = Database(Settings(empty_database.url(), stop_timeout=0.1, max_size=5))
    await database.start()
    with observer.barrier() as barrier:

        async def work(session: AsyncSession) -> None:
            await entering(1)(session)
            await at(barrier.sql)(session)

        running = [asyncio.create_task(database.run(work)) for _ in range(10)]
        await barrier.wait_for(5)
        await database.stop()
        outcomes = await asyncio.gather(*running, return_exceptions=True)
        await observer.becomes(0)

    assert {type(outcome) for outcome in outcomes} == {DatabaseStoppedError}
    assert entries(plain.execute("SELECT entry FROM ledger")) == []


async def test_work_that_outlasts_the_limit_is_cancelled_and_its_task_is_not(
    empty_database: ThrowawayDatabase,
) -> None:
    async def request() -> int:
        with pytest.raises(DatabaseStoppedError):
            await database.run(_forever)
        return _this_task().cancelling()

    database = Database(Settings(empty_database.url(), stop_timeout=0))
    await database.start()
    running = asyncio.create_task(request())
    await asyncio.sleep(0)  # a turn of the loop, in which it begins
    await database.stop()

    assert await running == 0


async def test_task_that_somebody_else_cancels_besides_is_cancelled(empty_database: ThrowawayDatabase) -> None:
    async def work(session: AsyncSession) -> None:
        try:
            await _forever(session)
        finally:
            _this_task().cancel()

    database = Database(Settings(empty_database.url(), stop_timeout=0))
    await database.start()
    running = asyncio.create_task(database.run(work))
    await asyncio.sleep(0)  # a turn of the loop, in which it begins
    await database.stop()

    await asyncio.wait([running])
    assert running.cancelled()


async def _forever(_: AsyncSession) -> None:
    await asyncio.Event().wait()


def _this_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    assert task is not None
    return task


async def test_session_that_outlasts_the_limit_loses_its_connection(
    empty_database: ThrowawayDatabase, observer: ServerObserver
) -> None:
    database = Database(Settings(empty_database.url(), stop_timeout=0))
    await database.start()
    async with database.session() as session:
        await backend(session)
        await database.stop()
        await observer.becomes(0)

        with pytest.raises(DBAPIError):
            await backend(session)


@pytest.mark.not_through_pgbouncer("such a query is left to its end there: a cancel request may kill 1.18 (issue 801)")
async def test_query_of_a_session_that_outlasts_the_limit_is_ended(
    empty_database: ThrowawayDatabase, observer: ServerObserver
) -> None:
    database = Database(Settings(empty_database.url(), min_size=1, max_size=1, stop_timeout=0))
    await database.start()
    with observer.barrier() as barrier:

        async def request() -> int:
            async with database.session() as session:
                return await at(barrier.sql)(session)

        running, waiting = (asyncio.create_task(request()) for _ in range(2))
        await barrier.wait_for(1)
        await becomes(lambda: database.stats().waiting, bool, 20)
        await database.stop()
        outcomes = await asyncio.gather(running, waiting, return_exceptions=True)
        await observer.becomes(0)

    assert isinstance(outcomes[0], DBAPIError)
    assert isinstance(outcomes[1], DatabaseStoppedError)


async def test_stop_under_running_sessions_harms_nobody_else(
    empty_database: ThrowawayDatabase, observer: ServerObserver
) -> None:
    """PgBouncer 1.18 ends with all its connections when such a query is cancelled (its issue 801), not every time."""
    settings = Settings(empty_database.url(), min_size=1, max_size=1, stop_timeout=0)
    async with Database(settings) as other:
        for _ in range(10):
            database = Database(settings)
            await database.start()
            with observer.barrier() as barrier:
                running, waiting = (asyncio.create_task(_by_session(database, barrier.sql)) for _ in range(2))
                await barrier.wait_for(1)
                await becomes(_waiting_for(database), bool, 20)
                await database.stop()
                outcomes = await asyncio.gather(running, waiting, return_exceptions=True)
            assert [type(one) for one in outcomes] != [int, int]
        assert await query(other)


def _waiting_for(database: Database) -> Callable[[], int]:
    return lambda: database.stats().waiting


async def _by_session(database: Database, statement: str) -> int:
    async with database.session() as session:
        return await at(statement)(session)


async def test_work_that_waits_for_its_second_attempt_is_stopped(proxy: Proxy) -> None:
    database = Database(Settings(proxy.url(), retry_delay=3600, stop_timeout=0))
    await database.start()
    proxy.refuse()
    await proxy.cut_all()
    run = asyncio.create_task(database.run(backend))
    await becomes(lambda: database.stats().retried, bool, 20)

    await database.stop()

    with pytest.raises(DatabaseStoppedError):
        await run


async def test_stop_waits_for_the_second_attempt(proxied: Database, proxy: Proxy, observer: ServerObserver) -> None:
    proxy.refuse()
    await proxy.cut_all()
    run = asyncio.create_task(proxied.run(backend))
    await becomes(lambda: proxied.stats().retried, bool, 20)
    proxy.forward()

    await proxied.stop()

    assert await run
    await observer.becomes(0)


async def test_two_stops_at_once_both_wait(database: Database, observer: ServerObserver) -> None:
    with observer.barrier() as barrier:
        running = asyncio.create_task(database.run(at(barrier.sql)))
        await barrier.wait_for(1)
        stops = [asyncio.create_task(database.stop()) for _ in range(2)]
        await asyncio.sleep(0)
        barrier.release()
        async with asyncio.timeout(database.settings.stop_timeout / 2):
            await asyncio.gather(running, *stops)

    await observer.becomes(0)


@pytest.mark.usefixtures("short_goodbye")
async def test_stop_does_not_wait_for_a_server_that_fell_silent(proxy: Proxy) -> None:
    database = Database(Settings(proxy.url(), stop_timeout=0))
    await database.start()
    run = asyncio.create_task(database.run(at("SELECT 1 FROM pg_sleep(3600)")))
    await becomes(lambda: database.stats().in_use, bool, 20)
    proxy.disturb_all(Stall())
    proxy.accept_silently()

    async with asyncio.timeout(20):
        await database.stop()
        with pytest.raises(DatabaseStoppedError):
            await run

    assert database.stats().open == 0


async def test_cancelled_stop_leaves_no_connection(empty_database: ThrowawayDatabase, observer: ServerObserver) -> None:
    database = Database(empty_database.url())
    await database.start()
    async with database.session() as session:
        await backend(session)
        stop = asyncio.create_task(database.stop())
        await asyncio.sleep(0)
        stop.cancel()
        await asyncio.wait([stop])

        await observer.becomes(0)
