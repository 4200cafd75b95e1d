"""Places for so many at once, given out first come, first served."""

import asyncio
from collections import deque
from math import inf
from typing import NamedTuple


class _Waiting(NamedTuple):
    place: asyncio.Future[None]
    deadline: float  # of the loop's clock


class Line:
    """A fair semaphore whose waiters give up after a while.

    What ``asyncio.Semaphore`` with ``asyncio.timeout`` would do at several times the price, which each request pays
    where more of them come than there are places. All wait equally long at most, so one timer, set for the one who came
    first, does for all of them: it is set once in that time, instead of set and taken back by each.
    """

    def __init__(self, places: int, patience: float) -> None:
        """So many places; who waits for one gives up after ``patience`` seconds."""
        self._patience = patience
        self._free = places  # while anybody waits: none
        self._waiting: deque[_Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def take(self) -> bool:
        """Take a place, if one is free."""
        if self._free:
            self._free -= 1
            return True
        return False

    def give_back(self) -> None:
        """Give a place to the one who came first of those who wait, if any do."""
        while self._waiting:
            place = self._waiting.popleft().place
            if not place.done():  # else given up
                place.set_result(None)
                return
        self._free += 1

    def join(self, *, patiently: bool = False) -> asyncio.Future[None]:
        """What is done when a place is taken, and raises ``TimeoutError`` if that took too long, if not ``patiently``.

        Whoever awaits it and is cancelled has to :meth:`leave`.
        """
        loop = asyncio.get_running_loop()
        place = loop.create_future()
        if self.take():
            place.set_result(None)
            return place
        deadline = inf if patiently else loop.time() + self._patience
        self._waiting.append(_Waiting(place, deadline))
        if self._timer is None and not patiently:
            self._timer = loop.call_at(deadline, self._give_up)
        return place

    def leave(self, place: asyncio.Future[None]) -> None:
        """Give back what :meth:`join` returned: the place, where it has become one, or else the wait for it."""
        if not place.done():
            place.cancel()
        elif not place.cancelled() and place.exception() is None:
            self.give_back()

    def _give_up(self) -> None:
        loop = asyncio.get_running_loop()
        for place, deadline in self._waiting:
            if deadline <= loop.time() and not place.done():
                place.set_exception(TimeoutError())
        self._waiting = deque(one for one in self._waiting if not one.place.done())
        first = min((one.deadline for one in self._waiting), default=inf)
        self._timer = loop.call_at(first, self._give_up) if first < inf else None
