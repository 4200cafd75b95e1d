"""Whether a block of code leaves connections on the server or tasks in the event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from schemaproof.traffic.server import ServerObserver, Session
from schemaproof.traffic.waiting import becomes


class LeakError(AssertionError):
    """Connections or tasks are left over.

    Attributes:
        connections: on the server.
        tasks: in the event loop.
    """

    def __init__(self, connections: list[Session], tasks: set[asyncio.Task[Any]], within: float) -> None:
        told = [*map(str, connections), *sorted(map(str, tasks))]
        super().__init__("\n".join([f"Left after {within:g} s:", *told]))
        self.connections = connections
        self.tasks = tasks


@asynccontextmanager
async def no_leaks(observer: ServerObserver, within: float = 20.0) -> AsyncIterator[None]:
    """A block that must leave no connection and no task that was not there before.

    Both need a moment to end after they were told to: the block's end waits for it, ``within`` so many seconds.

    Raises:
        LeakError: if something is left over; not if the block itself raises.
    """
    before = {(session.pid, session.started) for session in observer.sessions()}
    tasks_before = asyncio.all_tasks()
    yield

    def left() -> tuple[list[Session], set[asyncio.Task[Any]]]:
        sessions = [each for each in observer.sessions() if (each.pid, each.started) not in before]
        return sessions, asyncio.all_tasks() - tasks_before

    gone, (connections, tasks) = await becomes(left, lambda found: found == ([], set()), within)
    if not gone:
        raise LeakError(connections, tasks, within)
