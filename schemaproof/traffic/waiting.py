"""Waiting for something to become true, without a guess at how long that takes."""

import asyncio
from collections.abc import Callable

# Seconds between two looks. It decides how late the truth is seen, never whether.
_LOOK = 0.005


async def becomes[T](read: Callable[[], T], wanted: Callable[[T], bool], within: float) -> tuple[bool, T]:
    """Whether ``wanted`` is true of what ``read`` returns, ``within`` so many seconds; and what it returned last."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    while not wanted(found := read()):
        if loop.time() >= end:
            return False, found
        await asyncio.sleep(_LOOK)
    return True, found
