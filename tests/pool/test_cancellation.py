"""Cancelled at any await point, a request gives its place back: nothing is held, on neither side."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from schema.database import Database
from schema.settings import Settings
from schemaproof.postgres import Database as ThrowawayDatabase
from schemaproof.traffic.server import ServerObserver
from schemaproof.traffic.waiting import becomes
from tests.pool.asking import assert_whole, backend, hold, query

SIZE = 20
# More than any request has; a request that never ends would never end the enumeration.
MANY = 500


class CancelledAt:
    """Awaits ``work`` and cancels the task that does so at its ``step``-th await point that has to wait.

    Args:
        work: what is cancelled.
        step: from 1.
        answered: whether the cancellation comes together with what was waited for, which is a race of its own: the
            result is there, and nobody takes it.
    """

    def __init__(self, work: Coroutine[Any, Any, object], step: int, *, answered: bool) -> None:
        self.reached = False
        self._work = work
        self._step = step
        self._answered = answered

    def __await__(self) -> Generator[Any, Any, None]:
        resume: Callable[[Any], Any] = self._work.send
        value: Any = None
        for step in range(1, MANY):
            try:
                awaited = resume(value)
            except StopIteration:
                return
            if step == self._step:
                self._cancel_at(awaited)
            try:
                value = yield awaited
                resume = self._work.send
            except BaseException as error:  # noqa: BLE001 (it is handed on)
                value, resume = error, self._work.throw
        raise AssertionError(f"over {MANY} await points")

    def _cancel_at(self, awaited: Any) -> None:
        self.reached = True
        task = asyncio.current_task()
        assert task is not None
        if self._answered and awaited is not None:
            # Before the task itself hears of it: callbacks are called in the order in which they were added.
            awaited.add_done_callback(lambda _: task.cancel())
        else:
            asyncio.get_running_loop().call_soon(task.cancel)


async def cancel_everywhere(
    make: Callable[[], Coroutine[Any, Any, object]], check: Callable[[int], Awaitable[None]], *, answered: bool
) -> int:
    """Do it again and again, cancelled at the first, second, ... await point, until one comes through: how many."""
    for step in range(1, MANY):
        cancelled = CancelledAt(make(), step, answered=answered)

        async def go(it: CancelledAt = cancelled) -> None:
            await it

        await asyncio.wait([asyncio.create_task(go())])
        await check(step)
        if not cancelled.reached:
            return step - 1
    raise AssertionError("never came through")


def unused(database: Database, *, but: int = 0) -> Callable[[int], Awaitable[None]]:
    async def check(step: int) -> None:
        # A session is closed in the background when its task is cancelled.
        freed, in_use = await becomes(lambda: database.stats().in_use, lambda in_use: in_use == but, 10)
        assert freed, f"{in_use} connections are in use after a cancellation at await point {step}"
        assert database.stats().waiting == 0

    return check


@pytest.fixture(params=[False, True], ids=["while waiting", "when answered"])
def answered(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize("kind", ["run", "session"])
async def test_request_cancelled_anywhere_gives_its_place_back(
    database: Database, observer: ServerObserver, kind: str, *, answered: bool
) -> None:
    def make() -> Coroutine[Any, Any, object]:
        return database.run(backend) if kind == "run" else query(database)

    assert await cancel_everywhere(make, unused(database), answered=answered) >= 3
    await assert_whole(database, observer)


async def test_session_cancelled_while_it_closes_is_closed_and_keeps_its_connection(
    empty_database: ThrowawayDatabase,
) -> None:
    async with Database(Settings(empty_database.url(), min_size=1, max_size=1)) as database:
        session = database.session()
        before = await backend(session)
        closing = asyncio.create_task(session.__aexit__(None, None, None))
        await asyncio.sleep(0)  # a turn of the loop, in which it begins: ROLLBACK is on its way
        closing.cancel()

        with pytest.raises(asyncio.CancelledError):
            await closing

        assert database.stats().in_use == 0
        assert await database.run(backend) == before
        assert database.stats().opened == 1


async def test_request_cancelled_while_its_connection_is_opened_gives_its_place_back(
    empty_database: ThrowawayDatabase, observer: ServerObserver, *, answered: bool
) -> None:
    async def request() -> None:
        async with AsyncExitStack() as held:
            await hold(database, 1, held)

    async with Database(Settings(empty_database.url(), min_size=1)) as database:

        async def check(step: int) -> None:
            await unused(database)(step)
            # The next one has to open its connection again.
            await observer.becomes(database.stats().open)
            await observer.terminate()

        assert await cancel_everywhere(request, check, answered=answered) >= 8
        await assert_whole(database, observer)


async def test_request_cancelled_while_a_further_connection_is_opened_gives_its_place_back(
    empty_database: ThrowawayDatabase, observer: ServerObserver, *, answered: bool
) -> None:
    async with Database(Settings(empty_database.url(), min_size=1)) as database:
        async with AsyncExitStack() as held:
            await hold(database, 1, held)
            check = unused(database, but=1)
            assert await cancel_everywhere(lambda: query(database), check, answered=answered) >= 8
        # More often cancelled than there are places.
        await assert_whole(database, observer)


async def test_request_cancelled_while_it_waits_in_line_gives_its_place_back(
    empty_database: ThrowawayDatabase, observer: ServerObserver, *, answered: bool
) -> None:
    async with Database(Settings(empty_database.url(), min_size=1, max_size=1)) as database:

        async def request() -> None:
            first = asyncio.create_task(query(database))  # asks first
            await asyncio.sleep(0)
            try:
                await query(database)
            finally:
                await asyncio.shield(first)

        assert await cancel_everywhere(request, unused(database), answered=answered) >= 4
        await assert_whole(database, observer)


async def test_start_cancelled_anywhere_leaves_nothing(
    empty_database: ThrowawayDatabase, observer: ServerObserver, *, answered: bool
) -> None:
    async def start_and_stop() -> None:
        async with Database(Settings(empty_database.url(), min_size=2)):
            pass

    async def check(_: int) -> None:
        await observer.becomes(0)

    tasks = asyncio.all_tasks()
    assert await cancel_everywhere(start_and_stop, check, answered=answered) >= 10
    left, _ = await becomes(lambda: asyncio.all_tasks() - tasks, lambda left: not left, 10)
    assert left
