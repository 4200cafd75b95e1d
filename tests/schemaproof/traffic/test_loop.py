"""The heartbeat tells a loop that was blocked from one that was not."""

import asyncio
import time

from schemaproof.traffic.loop import LoopMonitor


async def test_loop_that_is_blocked_is_told_and_for_how_long() -> None:
    async with LoopMonitor() as monitor:
        await asyncio.sleep(0.01)
        time.sleep(0.2)  # noqa: ASYNC251 (what is to be found)
        await asyncio.sleep(0.01)
    assert monitor.blocked >= monitor.max_blocked >= 0.19
    assert monitor.beats >= 1


async def test_block_at_the_very_end_is_told() -> None:
    async with LoopMonitor() as monitor:
        time.sleep(0.1)  # noqa: ASYNC251
    assert monitor.beats == 0
    assert monitor.max_blocked >= 0.09


async def test_blocks_add_up() -> None:
    async with LoopMonitor() as monitor:
        for _ in range(2):
            time.sleep(0.1)  # noqa: ASYNC251
            await asyncio.sleep(0.02)
    assert monitor.blocked >= 0.18
    assert monitor.blocked > monitor.max_blocked


async def test_waiting_is_not_blocking() -> None:
    async with LoopMonitor(tolerance=5) as monitor:  # whatever else the machine has to do
        await asyncio.sleep(0.05)
    assert (monitor.blocked, monitor.max_blocked) == (0, 0)
    assert monitor.beats >= 1


async def test_monitor_leaves_nothing_in_the_loop() -> None:
    async with LoopMonitor(interval=0.001) as monitor:
        pass
    beats = monitor.beats
    await asyncio.sleep(0.02)
    assert monitor.beats == beats
