"""Load on anything that answers: closed loops and waves of tasks, and a report of each.

The work is any ``async def work() -> object``; an exception of its own is an answer too, and is counted by its type.
"""

import asyncio
from collections.abc import Awaitable, Callable

from schemaproof.traffic.report import LoadReport, Request

type Work = Callable[[], Awaitable[object]]
type Count = Callable[[], int]


async def closed_loop(  # noqa: PLR0913 (all by name; two of them exclude each other)
    work: Work,
    *,
    tasks: int,
    requests: int | None = None,
    seconds: float | None = None,
    within: float = 60.0,
    opened: Count | None = None,
) -> LoadReport:
    """The report of ``tasks`` tasks, each of which sends its next request as soon as the last one is answered.

    Args:
        work: one request.
        tasks: how many.
        requests: how many requests all tasks make together; who is faster makes more of them.
        seconds: ... or for how long a new one is begun.
        within: seconds from the end of that (from the start, with ``requests``) after which those without an answer
            are cancelled and told as unanswered.
        opened: reads a counter of connections, before and after: ``lambda: proxy.accepted``.

    Raises:
        ValueError: unless one of ``requests`` and ``seconds`` is given.
    """
    if (requests is None) == (seconds is None):
        raise ValueError("a closed loop needs an end: give either requests or seconds")
    load = _Load(work, opened)
    left = requests or 0
    end = load.now() + seconds if seconds is not None else None

    async def ask(task: int) -> None:
        nonlocal left
        while load.now() < end if end is not None else left > 0:
            left -= 1
            await load.request(task)
            await asyncio.sleep(0)  # work that answers without waiting must not keep the others from asking

    await load.run([ask(task) for task in range(tasks)], within + (seconds or 0))
    return load.report(tasks)


async def waves(work: Work, *, size: int, count: int, within: float = 60.0, opened: Count | None = None) -> LoadReport:
    """The report of ``count`` waves of ``size`` requests at once; the next begins when the last is answered.

    ``within`` is of one wave: with a request that is not answered the load ends. Tasks are the places in a wave.
    """
    load = _Load(work, opened)
    for _ in range(count):
        await load.run([load.request(place) for place in range(size)], within)
        if load.unanswered:
            break
    return load.report(size)


class _Load:
    def __init__(self, work: Work, opened: Count | None) -> None:
        self.unanswered = 0
        self.now = asyncio.get_running_loop().time
        self._work = work
        self._requests: list[Request] = []
        self._opened = opened
        self._opened_before = opened() if opened is not None else 0
        self._began = self.now()

    async def request(self, task: int) -> None:
        asked = self.now()
        error: Exception | None = None
        try:
            await self._work()
        except asyncio.CancelledError:
            self.unanswered += 1
            raise
        except Exception as raised:  # noqa: BLE001 (the report tells it)
            error = raised
        self._requests.append(Request(task, asked, self.now(), error))

    async def run(self, loops: list[Awaitable[None]], within: float) -> None:
        running = [asyncio.ensure_future(loop) for loop in loops]
        try:
            await asyncio.wait(running, timeout=within)
        finally:
            for task in running:
                task.cancel()
            # Work that was cancelled may have something to give back first.
            await asyncio.gather(*running, return_exceptions=True)

    def report(self, tasks: int) -> LoadReport:
        opened = self._opened() - self._opened_before if self._opened is not None else None
        return LoadReport(tuple(self._requests), tasks, self._began, self.now(), self.unanswered, opened)
