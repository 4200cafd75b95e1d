"""Spec, user story 2, scenario 2, FR-005 and SC-002: at most twenty connections, for any number of requests."""

import asyncio
import inspect
import time
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from schema.database import Database
from schemaproof.postgres import Database as ThrowawayDatabase
from tests.pool.observer import Observer, gated_query, query, settles


async def test_fifty_overlapping_queries_are_answered_over_twenty_connections(
    database: Database, observer: Observer
) -> None:
    async with asyncio.TaskGroup() as requests:
        with observer.gate():
            queries = [requests.create_task(gated_query(database)) for _ in range(50)]
            await settles(observer.waiting, 20)
            open_at_the_gate = observer.connections()
            assert not any(each.done() for each in queries)

    assert len(open_at_the_gate) == 20
    assert {each.result() for each in queries} == open_at_the_gate == observer.connections()


async def test_fifty_overlapping_queries_never_open_a_twenty_first_connection(
    database: Database, observer: Observer
) -> None:
    async with asyncio.TaskGroup() as requests:
        with observer.gate():
            for _ in range(50):
                requests.create_task(gated_query(database))
            await settles(observer.waiting, 20)

    await database.stop()
    assert await observer.sessions() == 20


@pytest.mark.parametrize("wave", [1, 5, 10, 20, 50])
async def test_waves_of_requests_open_no_further_connection(database: Database, observer: Observer, wave: int) -> None:
    for _ in range(10):
        await asyncio.gather(*(query(database) for _ in range(wave)))

    await database.stop()
    assert await observer.sessions() == max(5, min(wave, 20))


async def test_waves_of_requests_reuse_the_same_connections(database: Database, observer: Observer) -> None:
    await asyncio.gather(*(query(database) for _ in range(20)))
    opened = observer.connections()

    for _ in range(10):
        served = await asyncio.gather(*(query(database) for _ in range(20)))
        assert set(served) == opened == observer.connections()


async def test_request_twenty_one_waits_for_the_next_free_connection(database: Database) -> None:
    async with AsyncExitStack() as nineteen:
        for _ in range(19):
            session = await nineteen.enter_async_context(database.session())
            await session.execute(text("SELECT"))
        async with database.session() as twentieth:
            held = await twentieth.scalar(text("SELECT pg_backend_pid()"))
            request = asyncio.create_task(query(database))
            # A round trip to the server, meanwhile request 21 has asked the pool.
            await twentieth.execute(text("SELECT"))
            assert not request.done()

        assert await request == held


async def test_request_that_waits_longer_than_the_pool_timeout_gets_an_error(empty_database: ThrowawayDatabase) -> None:
    async with Database(empty_database.url(), min_size=1, max_size=1, pool_timeout=0.2) as database:
        async with database.session() as session:
            await session.execute(text("SELECT"))
            asked = time.monotonic()

            with pytest.raises(PoolTimeoutError, match=r"timeout 0\.20"):
                await query(database)

        assert 0.2 <= time.monotonic() - asked < 10


async def test_request_that_timed_out_leaves_the_pool_whole(empty_database: ThrowawayDatabase) -> None:
    async with Database(empty_database.url(), min_size=1, max_size=1, pool_timeout=0.01) as database:
        async with database.session() as session:
            held = await session.scalar(text("SELECT pg_backend_pid()"))
            with pytest.raises(PoolTimeoutError):
                await query(database)

        assert await query(database) == held


@pytest.mark.parametrize(
    ("setting", "value"), [("min_size", 5), ("max_size", 20), ("pool_timeout", 30), ("connect_timeout", 5)]
)
def test_default_setting_is_the_specs(setting: str, value: float) -> None:
    assert inspect.signature(Database).parameters[setting].default == value
