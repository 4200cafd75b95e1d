"""How long the event loop was blocked: a heartbeat in it, and how late it came."""

import asyncio
from types import TracebackType
from typing import Self


class LoopMonitor:
    """Measures the running event loop from the beginning of the ``async with`` block to its end.

    What is late by more than the tolerance counts: a call that blocks, or a callback that computes; on a busy machine
    also the wait for a CPU. The longest block is known to within one interval.

    Args:
        interval: seconds between two heartbeats.
        tolerance: seconds of lateness that are the timers' own.

    Attributes:
        max_blocked: the longest single lateness, in seconds.
        blocked: the sum of all that were over the tolerance, in seconds.
        beats: how many heartbeats there were.
    """

    def __init__(self, interval: float = 0.005, tolerance: float = 0.005) -> None:
        self.interval = interval
        self.tolerance = tolerance
        self.max_blocked = 0.0
        self.blocked = 0.0
        self.beats = 0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._next()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._measure()  # what blocked last has let no heartbeat through yet

    def _next(self) -> None:
        self._due = self._loop.time() + self.interval
        self._timer = self._loop.call_at(self._due, self._beat)

    def _beat(self) -> None:
        self.beats += 1
        self._measure()
        self._next()

    def _measure(self) -> None:
        late = self._loop.time() - self._due
        if late > self.tolerance:
            self.blocked += late
            self.max_blocked = max(self.max_blocked, late)
