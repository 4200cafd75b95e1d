"""Who waits for whom on the server, and whether a process waits for itself, which PostgreSQL can't see.

Of two sessions of one process, one may wait for a lock of the other, while the thread that would end the other one's
transaction is the one that waits. For the server the other session is idle, and that is no deadlock (manual,
"Deadlocks").
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import psycopg

from schemaproof.migration.sessions import Session
from schemaproof.migration.stacks import project_threads, waits_for_others

# pg_blocking_pids() takes the lock manager's locks, so it is asked of those alone that wait (manual, "Session
# Information Functions"). 0 is a prepared transaction.
_LOOK = """
    SELECT pid, coalesce(state, ''), coalesce(wait_event_type, ''), coalesce(wait_event, ''), query,
        coalesce(query_start::text, ''), coalesce(state_change::text, ''),
        coalesce(extract(epoch FROM clock_timestamp() - query_start), 0)::float,
        CASE WHEN wait_event_type = 'Lock' THEN pg_blocking_pids(pid) ELSE '{}' END
    FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'
"""


@dataclass(frozen=True)
class Backend:
    """A server process at one moment, as pg_stat_activity has it.

    Attributes:
        pid: its pid.
        state: "active", "idle in transaction", ...
        wait_type: what kind of thing it waits for, "" for nothing.
        wait: what it waits for.
        query: its last statement.
        began: when that began, as text.
        changed: when ``state`` last changed, as text.
        seconds: since ``began``.
        blockers: the pids of those that it waits for.
    """

    pid: int
    state: str
    wait_type: str
    wait: str
    query: str
    began: str
    changed: str
    seconds: float
    blockers: tuple[int, ...]

    @property
    def waits(self) -> bool:
        """Whether it waits for a lock."""
        return self.wait_type == "Lock"

    @property
    def runs(self) -> bool:
        """Whether it is at a statement."""
        return self.state == "active"


@dataclass(frozen=True)
class Look:
    """The server processes on one database, at one moment."""

    backends: Mapping[int, Backend]

    @classmethod
    def at(cls, connection: psycopg.Connection[Any], database: str) -> Self:
        """What ``connection``, to whichever database, sees of ``database``."""
        rows = connection.execute(_LOOK, [database]).fetchall()
        values: list[tuple[Any, ...]] = [(*row[:-1], tuple(row[-1])) for row in rows]
        return cls({one[0]: Backend(*one) for one in values})


@dataclass(frozen=True)
class SelfWait:
    """A session that waits for another one of the same process, which nobody is left to end.

    Attributes:
        waiting: the one that waits.
        blocker: the other one, or one that it waits for in turn: at no statement.
    """

    waiting: Backend
    blocker: Backend

    def same(self, other: "SelfWait | None") -> bool:
        """Whether neither of the two sessions did anything between this and ``other``."""
        return other is not None and self._moment == other._moment

    @property
    def _moment(self) -> tuple[object, ...]:
        return (self.waiting.pid, self.waiting.began, self.blocker.pid, self.blocker.changed, self.blocker.query)


def self_wait(look: Look, sessions: Iterable[Session]) -> SelfWait | None:
    """The first of ``sessions``, all those of one process, that waits for itself; None where none does.

    A session that waits leads to those that block it. One that is at no statement leads to those whose end is awaited
    by the thread or task that used it last: only that one would end its transaction. What leads back to itself never
    ends.
    """
    own = {one.pid: one for one in sessions if one.pid in look.backends}
    for pid in own:
        if not look.backends[pid].waits:
            continue
        path = _way_back(look, own, pid)
        if path is not None:
            idle = next(look.backends[one] for one in path if not look.backends[one].runs)
            return SelfWait(look.backends[pid], idle)
    return None


def _way_back(look: Look, own: Mapping[int, Session], start: int) -> list[int] | None:
    """The sessions through which ``start`` leads back to itself, some of which are at no statement."""
    ways = [[start]]
    seen: set[int] = set()
    while ways:
        way = ways.pop()
        for pid in _leads_to(look, own, way[-1]):
            if pid == start and any(not look.backends[one].runs for one in way):
                return way
            if pid not in seen and pid in own:
                seen.add(pid)
                ways.append([*way, pid])
    return None


def _leads_to(look: Look, own: Mapping[int, Session], pid: int) -> Iterator[int]:
    backend, session = look.backends[pid], own[pid]
    if backend.waits:
        yield from backend.blockers
    elif not backend.runs:
        for other in own.values():
            if look.backends[other.pid].waits and _holds_up(other, session, own.values(), look):
                yield other.pid


def _holds_up(waiting: Session, idle: Session, own: Collection[Session], look: Look) -> bool:
    """Whether who used ``idle`` last can't use it again before ``waiting`` has waited to the end."""
    if waiting.thread == idle.thread:
        return waiting.blocks or waiting.task is idle.task
    if not waits_for_others(idle.thread):
        return False
    # It waits for a thread to do something, and all there are wait for the server.
    held_up = {one.thread for one in own if look.backends[one.pid].waits and one.blocks}
    return project_threads() <= {*held_up, idle.thread}
