"""Loads on pools of which it is known how they behave."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from schemaproof.postgres import Database
from schemaproof.traffic.load import closed_loop, waves
from schemaproof.traffic.proxy import Proxy
from schemaproof.traffic.report import LoadReport


async def step() -> None:
    await asyncio.sleep(0)


async def test_closed_loop_makes_as_many_requests_as_told() -> None:
    report = await closed_loop(step, tasks=5, requests=100)
    assert (report.successes, len(report.requests), report.unanswered, report.tasks) == (100, 100, 0, 5)
    assert report.fairness == 1


async def test_closed_loop_of_a_time_ends_after_it() -> None:
    report = await closed_loop(step, tasks=2, seconds=0.05)
    assert report.successes > 2
    assert report.seconds >= 0.05


async def test_work_that_never_waits_lets_the_others_ask_too() -> None:
    async def work() -> None:
        pass

    assert (await closed_loop(work, tasks=5, requests=100)).fairness == 1


@pytest.mark.parametrize("limits", [{}, {"requests": 1, "seconds": 1.0}])
async def test_closed_loop_without_one_end_is_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="give either requests or seconds"):
        await closed_loop(step, tasks=1, **limits)  # type: ignore[arg-type]


async def test_closed_loop_keeps_all_its_tasks_busy() -> None:
    most = busy = 0

    async def work() -> None:
        nonlocal most, busy
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        busy -= 1

    await closed_loop(work, tasks=7, requests=70)
    assert most == 7


async def test_waves_begin_when_the_last_is_over() -> None:
    begun = ended = 0

    async def work() -> None:
        nonlocal begun, ended
        assert ended == begun - begun % 4
        begun += 1
        await asyncio.sleep(0)
        ended += 1

    report = await waves(work, size=4, count=3)
    assert (report.errors, report.successes, report.tasks, report.fairness) == ({}, 12, 4, 1)


async def test_error_of_the_work_is_an_answer() -> None:
    async def work() -> None:
        raise ZeroDivisionError

    report = await closed_loop(work, tasks=2, requests=6)
    assert (report.successes, report.errors, report.unanswered) == (0, {"ZeroDivisionError": 6}, 0)


async def never() -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)  # what is given back takes a step


LOADS = {
    "closed loop": lambda: closed_loop(never, tasks=3, requests=9, within=0.05),
    "waves": lambda: waves(never, size=3, count=3, within=0.05),
}


@pytest.mark.parametrize("load", LOADS.values(), ids=LOADS.keys())
async def test_request_that_is_never_answered_is_told(load: Callable[[], Awaitable[LoadReport]]) -> None:
    tasks = asyncio.all_tasks()
    report = await load()
    assert (report.unanswered, report.successes) == (3, 0)
    assert asyncio.all_tasks() == tasks


async def test_load_that_is_cancelled_leaves_no_task() -> None:
    tasks = asyncio.all_tasks()
    load = asyncio.create_task(closed_loop(asyncio.Event().wait, tasks=3, requests=3))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    load.cancel()
    with pytest.raises(asyncio.CancelledError):
        await load
    assert asyncio.all_tasks() == tasks


async def test_waits_are_as_long_as_the_work() -> None:
    async def work() -> None:
        await asyncio.sleep(0.02)

    report = await waves(work, size=3, count=2)
    assert report.percentile(0) >= 0.019
    assert report.seconds >= 0.038


async def test_pool_that_serves_its_last_asker_first_is_unfair() -> None:
    """Ten ask, one is served at a time: who asked first waits until all others are served."""
    waiting: list[asyncio.Future[None]] = []
    asked = asyncio.Semaphore(0)

    async def work() -> None:
        waiting.append(asyncio.get_running_loop().create_future())
        asked.release()
        await waiting[-1]

    async def serve_the_last_first() -> None:
        for _ in range(50):
            await asked.acquire()
            for _ in range(3):
                await asyncio.sleep(0)  # who was served last asks again, and is the last
            waiting.pop().set_result(None)

    serving = asyncio.create_task(serve_the_last_first())
    report = await closed_loop(work, tasks=10, requests=50)
    await serving
    assert report.fairness < 0.5
    assert report.most_overtaken > 20


async def test_pool_that_serves_in_order_is_fair() -> None:
    only_one = asyncio.Semaphore(1)

    async def work() -> None:
        async with only_one:
            await asyncio.sleep(0)

    report = await closed_loop(work, tasks=10, requests=100)
    assert report.fairness > 0.9
    assert report.most_overtaken <= 1


async def test_connections_that_are_opened_are_told(empty_database: Database) -> None:
    async with Proxy.to(empty_database.url()) as proxy:
        dsn = proxy.dsn()

        async def unpooled() -> None:
            connection = await asyncpg.connect(dsn, ssl=False)
            await connection.close()

        assert (await waves(unpooled, size=2, count=3, opened=lambda: proxy.accepted)).opened == 6
        async with asyncpg.create_pool(dsn, min_size=0, max_size=2, ssl=False) as pool:
            pooled = await closed_loop(
                lambda: pool.execute("SELECT 1"), tasks=5, requests=30, opened=lambda: proxy.accepted
            )
        assert pooled.successes == 30
        assert pooled.opened == 2
