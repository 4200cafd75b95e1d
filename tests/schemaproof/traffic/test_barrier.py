"""Queries at a barrier are known to overlap, and too few or too many are noticed."""

import asyncio

import asyncpg
import pytest

from schemaproof.postgres import Database
from schemaproof.traffic.barrier import BarrierError
from schemaproof.traffic.server import ServerObserver


async def test_queries_wait_at_the_barrier_until_it_is_released(observer: ServerObserver, pool: asyncpg.Pool) -> None:
    with observer.barrier() as barrier:
        queries = [asyncio.create_task(pool.fetchval(barrier.sql)) for _ in range(3)]
        pids = await barrier.wait_for(3)
        assert pids == observer.pids()
        assert not any(query.done() for query in queries)
        barrier.release()
        assert set(await asyncio.gather(*queries)) == pids
        assert barrier.waiting() == set()


async def test_end_of_the_block_releases_the_barrier(observer: ServerObserver, pool: asyncpg.Pool) -> None:
    with observer.barrier() as barrier:
        query = asyncio.create_task(pool.fetchval(barrier.sql))
        pids = await barrier.wait_for(1)
    assert {await query} == pids


async def test_who_comes_after_the_release_does_not_wait(observer: ServerObserver, pool: asyncpg.Pool) -> None:
    with observer.barrier() as barrier:
        barrier.release()
        assert await pool.fetchval(barrier.sql) in observer.pids()


@pytest.mark.parametrize("wanted", [2, 4])
async def test_other_number_of_queries_than_wanted_is_noticed(
    observer: ServerObserver, pool: asyncpg.Pool, wanted: int
) -> None:
    """A pool with too few connections never brings all its queries to the barrier; one with too many brings more."""
    async with asyncio.TaskGroup() as queries:
        with observer.barrier() as barrier:
            for _ in range(5):
                queries.create_task(pool.fetchval(barrier.sql))
            await barrier.wait_for(3)
            with pytest.raises(BarrierError, match=f"queries at the barrier after 0 s: 3, not {wanted}") as caught:
                await barrier.wait_for(wanted, within=0)
    assert (caught.value.wanted, caught.value.waiting) == (wanted, 3)


async def test_queries_of_one_barrier_do_not_wait_at_another(observer: ServerObserver, pool: asyncpg.Pool) -> None:
    with observer.barrier() as first, observer.barrier() as second:
        query = asyncio.create_task(pool.fetchval(first.sql))
        await first.wait_for(1)
        assert second.waiting() == set()
        second.release()
        assert len(first.waiting()) == 1
        first.release()
        await query


async def test_barrier_of_another_database_with_the_same_key_is_not_met(
    observer: ServerObserver, pool: asyncpg.Pool, postgres_database: Database
) -> None:
    with observer.barrier() as barrier, ServerObserver(postgres_database) as other, other.barrier() as elsewhere:
        query = asyncio.create_task(pool.fetchval(barrier.sql))
        await barrier.wait_for(1)
        elsewhere.key = barrier.key
        assert elsewhere.waiting() == set()
        barrier.release()
        await query


async def test_call_of_the_barrier_is_part_of_any_statement(observer: ServerObserver, pool: asyncpg.Pool) -> None:
    with observer.barrier() as barrier:
        query = asyncio.create_task(pool.fetchval(f"SELECT 42 FROM {barrier.call}"))
        await barrier.wait_for(1)
        barrier.release()
        assert await query == 42
