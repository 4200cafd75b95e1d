"""Spec, user story 2, scenario 2, FR-005 and SC-002: at most twenty connections, for any number of requests."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as SQLAlchemyTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession

from schema.database import Database
from schema.errors import PoolTimeoutError
from schema.pool import Stats
from schema.settings import Settings
from schemaproof.postgres import Database as ThrowawayDatabase
from schemaproof.traffic.load import closed_loop, waves
from schemaproof.traffic.server import ServerObserver
from schemaproof.traffic.waiting import becomes
from tests.pool.asking import assert_whole, at, backend, hold, query


async def test_fifty_overlapping_queries_are_answered_over_twenty_connections(
    database: Database, observer: ServerObserver
) -> None:
    async with asyncio.TaskGroup() as requests:
        with observer.barrier() as barrier:
            queries = [requests.create_task(database.run(at(barrier.sql))) for _ in range(50)]
            at_the_barrier = await barrier.wait_for(20)
            assert observer.pids() == at_the_barrier
            assert database.stats() == Stats(size=20, open=20, in_use=20, idle=0, waiting=30, opened=20, retried=0)

    assert {each.result() for each in queries} == at_the_barrier == observer.pids()


async def test_fifty_overlapping_queries_never_open_a_twenty_first_connection(
    database: Database, observer: ServerObserver
) -> None:
    async with asyncio.TaskGroup() as requests:
        with observer.barrier() as barrier:
            for _ in range(50):
                requests.create_task(database.run(at(barrier.sql)))
            await barrier.wait_for(20)

    await database.stop()
    assert await observer.opened() == 20


async def test_closed_loop_of_fifty_opens_no_further_connection_and_treats_all_alike(
    database: Database, observer: ServerObserver
) -> None:
    report = await closed_loop(lambda: query(database), tasks=50, requests=1500)

    assert not report.errors
    assert not report.unanswered
    assert report.fairness > 0.98, report
    await assert_whole(database, observer)
    await database.stop()
    assert await observer.opened() == 20


@pytest.mark.parametrize("size", [1, 5, 10, 20, 50])
async def test_waves_of_requests_open_no_further_connection(
    database: Database, observer: ServerObserver, size: int
) -> None:
    report = await waves(lambda: query(database), size=size, count=10)

    assert not report.errors
    await database.stop()
    assert await observer.opened() == max(5, min(size, 20))


@pytest.mark.not_through_pgbouncer("it opens its server connections as it needs them")
async def test_waves_of_requests_reuse_the_same_connections(database: Database, observer: ServerObserver) -> None:
    await asyncio.gather(*(query(database) for _ in range(20)))
    opened = observer.pids()

    for _ in range(10):
        served = await asyncio.gather(*(query(database) for _ in range(20)))
        assert set(served) <= opened == observer.pids()


async def test_few_requests_use_few_connections(database: Database) -> None:
    await asyncio.gather(*(query(database) for _ in range(20)))

    assert len({await query(database) for _ in range(40)}) == 1


async def test_request_twenty_one_waits_for_the_next_free_connection(database: Database) -> None:
    async with AsyncExitStack() as nineteen:
        await hold(database, 19, nineteen)
        async with database.session() as twentieth:
            held = await backend(twentieth)
            request = asyncio.create_task(query(database))
            await becomes(lambda: database.stats().waiting, bool, 20)
            await backend(twentieth)
            assert not request.done()

        assert await request == held


async def test_requests_are_served_in_the_order_in_which_they_asked(empty_database: ThrowawayDatabase) -> None:
    served: list[int] = []

    async def request(number: int) -> None:
        async with database.session() as session:
            await backend(session)
            served.append(number)

    async with (
        Database(Settings(empty_database.url(), min_size=1, max_size=1)) as database,
        asyncio.TaskGroup() as group,
    ):
        async with database.session() as first:
            await backend(first)
            for number in range(10):
                group.create_task(request(number))
            await becomes(lambda: database.stats().waiting, lambda waiting: waiting == 10, 20)
        # Asks in the very moment in which the connection was returned, before anyone who waits has seen it.
        await request(10)

    assert served == list(range(11))


async def test_request_that_waits_longer_than_the_limit_is_told_who_holds_it_up(
    empty_database: ThrowawayDatabase,
) -> None:
    settings = Settings(empty_database.url(), min_size=1, max_size=2, acquire_timeout=0.2)
    async with Database(settings) as database, AsyncExitStack() as held:
        await hold(database, 2, held)

        with pytest.raises(PoolTimeoutError, match=r"free for \d+\.\d s: 2 in use, 1 request waiting") as caught:
            await query(database)

    assert isinstance(caught.value, SQLAlchemyTimeoutError)
    assert (caught.value.in_use, caught.value.waiting) == (2, 1)
    assert caught.value.seconds >= 0.2


async def test_request_that_timed_out_leaves_the_pool_whole(
    empty_database: ThrowawayDatabase, observer: ServerObserver
) -> None:
    settings = Settings(empty_database.url(), min_size=1, max_size=1, acquire_timeout=0.01)
    async with Database(settings) as database:
        async with AsyncExitStack() as held:
            await hold(database, 1, held)
            with pytest.raises(PoolTimeoutError):
                await query(database)

        await assert_whole(database, observer)


async def test_cancelled_waiter_gives_its_place_back(database: Database, observer: ServerObserver) -> None:
    async with AsyncExitStack() as held:
        await hold(database, 20, held)
        cancelled, served = (asyncio.create_task(query(database)) for _ in range(2))
        await becomes(lambda: database.stats().waiting, lambda waiting: waiting == 2, 20)
        cancelled.cancel()

    assert await served
    assert cancelled.cancelled()
    await assert_whole(database, observer)


async def test_cancelled_worker_gives_its_place_back_and_its_query_ends(
    database: Database, observer: ServerObserver
) -> None:
    with observer.barrier() as barrier:
        workers = [asyncio.create_task(database.run(at(barrier.sql))) for _ in range(20)]
        await barrier.wait_for(20)
        for worker in workers:
            worker.cancel()
        await asyncio.wait(workers)
        await barrier.wait_for(0)

    await assert_whole(database, observer)


async def test_session_that_was_closed_gives_its_place_back_after_any_error(
    database: Database, observer: ServerObserver
) -> None:
    async def fail() -> None:
        async with database.session() as session:
            await backend(session)
            raise ZeroDivisionError

    await asyncio.gather(*(fail() for _ in range(50)), return_exceptions=True)

    await assert_whole(database, observer)


async def test_session_leaves_no_transaction_and_no_lock_behind(database: Database, observer: ServerObserver) -> None:
    async def lock(session: AsyncSession) -> None:
        await session.execute(text("SELECT pg_advisory_xact_lock(1)"))

    async with database.session() as session:
        await lock(session)

    assert set(observer.states()) == {"idle"}
