"""The line in front of the pool: fair, and with one timer for all who wait."""

import asyncio
from collections.abc import Callable

import pytest

from schema.line import Line

# Seconds by which a timer may be early: those of the clock that the loop reads.
_RESOLUTION = 0.001


async def test_who_came_first_gets_the_place_first() -> None:
    line = Line(1, patience=10)
    assert line.take()
    first, second = line.join(), line.join()

    line.give_back()

    assert (first.done(), second.done()) == (True, False)
    assert not line.take()


async def test_place_goes_past_who_has_left_to_the_next() -> None:
    line = Line(1, patience=10)
    assert line.take()
    gone, next_ = line.join(), line.join()
    line.leave(gone)

    line.give_back()

    assert next_.done()


async def test_place_that_was_given_to_who_leaves_goes_to_the_next() -> None:
    line = Line(1, patience=10)
    assert line.take()
    cancelled, next_ = line.join(), line.join()
    line.give_back()

    line.leave(cancelled)

    assert next_.done()


async def test_place_that_nobody_waits_for_is_free() -> None:
    line = Line(1, patience=10)
    assert line.take()
    line.leave(line.join())

    line.give_back()

    assert line.take()
    assert not line.take()


async def test_each_waits_as_long_as_the_patience_and_no_longer() -> None:
    """The timer of the first is the only one: it has to be set again for each that came later."""
    line = Line(0, patience=0.2)
    loop = asyncio.get_running_loop()
    waited = []
    began = []
    for _ in range(3):
        began.append(loop.time())
        waited.append(asyncio.create_task(_wait(line)))
        await asyncio.sleep(0.05)  # they come one after the other: each has a time of its own to give up

    async with asyncio.timeout(10):
        ended = await asyncio.gather(*waited)

    assert all(end - begin >= 0.2 - _RESOLUTION for begin, end in zip(began, ended, strict=True))
    assert ended == sorted(ended)
    assert ended[0] < ended[2]


async def _wait(line: Line) -> float:
    with pytest.raises(TimeoutError):
        await line.join()
    return asyncio.get_running_loop().time()


async def test_who_waits_patiently_outlasts_the_others() -> None:
    line = Line(1, patience=0.01)
    assert line.take()
    patient, other = line.join(patiently=True), line.join()

    with pytest.raises(TimeoutError):
        await other

    assert not patient.done()
    line.give_back()
    assert patient.done()


async def test_any_number_that_wait_have_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    set_at: list[float] = []
    original = loop.call_at

    def count(when: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        set_at.append(when)
        return original(when, callback)

    monkeypatch.setattr(loop, "call_at", count)
    line = Line(0, patience=10)

    for place in [line.join() for _ in range(100)]:
        line.leave(place)

    assert len(set_at) == 1
