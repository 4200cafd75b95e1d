"""The server's own view of the connections to one database."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import LiteralString, Self

import psycopg

from schemaproof.postgres import Database
from schemaproof.traffic.barrier import APPLICATION, Barrier
from schemaproof.traffic.waiting import becomes

_MS = 0.002  # seconds between two looks of a watch
# pg_stat_database has the column since 14; since 15 statistics are written before a session leaves pg_stat_activity.
_SINCE = 150000

# Without the workers of autovacuum and of parallel queries.
_CLIENTS: LiteralString = "FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"


class NotSettledError(AssertionError):
    """The number of connections did not become what it should."""


@dataclass(frozen=True)
class Session:
    """One connection, as pg_stat_activity shows it (manual, "pg_stat_activity").

    Attributes:
        pid: of its backend.
        started: when; with the pid it identifies the session for ever.
        state: "active", "idle", "idle in transaction", ...; "" where the server does not say.
        application: its application_name.
        wait_event: what it waits for, as "Lock/advisory"; "" for nothing.
        query: what it runs, or ran last.
    """

    pid: int
    started: datetime
    state: str
    application: str
    wait_event: str
    query: str = field(compare=False)


class ServerObserver:
    """Looks at one database over a connection to another, so that it never counts itself; a context manager.

    Connections of the harness (application_name "schemaproof") are left out everywhere. Calls are synchronous: each
    blocks the event loop for a query, under a millisecond; :meth:`watch` looks from a thread of its own.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._barriers = 0
        self._open: psycopg.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connection; the next use opens another."""
        if self._open is not None:
            self._open.close()

    @property
    def _connection(self) -> psycopg.Connection:
        if self._open is None or self._open.closed:
            self._open = _connect(self.database)
        return self._open

    def sessions(self) -> list[Session]:
        """The connections that are open now, the oldest first."""
        return _sessions(self._connection, self.database)

    def pids(self) -> set[int]:
        """The backend pids of :meth:`sessions`."""
        return {session.pid for session in self.sessions()}

    def count(self) -> int:
        """The number of :meth:`sessions`."""
        return len(self.sessions())

    def states(self) -> Counter[str]:
        """How many connections are in which state ("active", "idle", "idle in transaction", ...)."""
        return Counter(session.state for session in self.sessions())

    def applications(self) -> Counter[str]:
        """How many connections have which application_name."""
        return Counter(session.application for session in self.sessions())

    async def becomes(self, count: int, within: float = 20.0) -> None:
        """Return when there are ``count`` connections.

        Raises:
            NotSettledError: when there are not ``within`` so many seconds; it tells which there are.
        """
        reached, sessions = await becomes(self.sessions, lambda found: len(found) == count, within)
        if not reached:
            told = "".join(f"\n{session}" for session in sessions)
            raise NotSettledError(f"connections after {within:g} s: {len(sessions)}, not {count}{told}")

    async def terminate(self, *pids: int, within: float = 20.0) -> None:
        """End the sessions of ``pids`` (all, for none) from the server's side; returns when they are gone.

        Raises:
            NotSettledError: when one is not gone ``within`` so many seconds.
        """
        doomed = set(pids) or self.pids()
        for pid in doomed:
            self._connection.execute("SELECT pg_terminate_backend(%s)", [pid])
        reached, left = await becomes(lambda: doomed & self.pids(), lambda left: not left, within)
        if not reached:
            raise NotSettledError(f"terminated, but still connected after {within:g} s: pids {sorted(left)}")

    async def opened(self, within: float = 20.0) -> int:
        """How many connections the database ever had; waits until none is open, as the count is final only then.

        A backend writes what it has counted before it leaves pg_stat_activity (PostgreSQL's source:
        ``pgstat_shutdown_hook`` runs before ``pgstat_beshutdown_hook``).

        Raises:
            NotSettledError: when one is open for longer than ``within`` seconds.
            NotImplementedError: on a server before 15.
        """
        if self._connection.info.server_version < _SINCE:
            raise NotImplementedError("the count of sessions is final only from PostgreSQL 15 on")
        count: LiteralString = f"SELECT count(*) {_CLIENTS}"
        reached, left = await becomes(lambda: self._number(count), lambda left: left == 0, within)
        if not reached:
            told = "".join(f"\n{session}" for session in self.sessions())
            raise NotSettledError(f"connections still open after {within:g} s, barriers included: {left}{told}")
        return self._number("SELECT sessions FROM pg_stat_database WHERE datname = %s") - self._barriers

    @contextmanager
    def barrier(self) -> Iterator[Barrier]:
        """A closed :class:`Barrier` in the database, which :meth:`opened` does not count."""
        with Barrier(self.database) as barrier:
            self._barriers += 1
            yield barrier

    @contextmanager
    def watch(self) -> Iterator["Watch"]:
        """What a thread sees that looks at the connections every few milliseconds during the block."""
        watch = Watch(self.database)
        try:
            yield watch
        finally:
            watch.stop()

    def _number(self, query: LiteralString) -> int:
        row = self._connection.execute(query, [self.database.name]).fetchone()
        assert row is not None  # noqa: S101 (an aggregate, or a database that is there)
        return int(row[0])


class Watch:
    """Looks again and again, in a thread; what comes and goes between two looks (2 ms and a query) is not seen.

    So ``most`` and ``most_used`` are lower bounds. What must not be missed is held fast by a barrier meanwhile, or
    counted by a proxy (``most_open``).

    Attributes:
        most: connections at the same time, at most.
        most_used: ... of them in a query or in a transaction.
        seen: all sessions, by pid and start.
        looks: how often it looked.
    """

    def __init__(self, database: Database) -> None:
        self.most = 0
        self.most_used = 0
        self.seen: set[tuple[int, datetime]] = set()
        self.looks = 0
        self._error: psycopg.Error | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, args=[database], daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it, after a last look.

        Raises:
            psycopg.Error: what ended it before.
        """
        self._stop.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _work(self, database: Database) -> None:
        try:
            with _connect(database) as connection:
                stopped = False
                while not stopped:
                    stopped = self._stop.wait(_MS)
                    self._look(_sessions(connection, database))
        except psycopg.Error as error:
            self._error = error

    def _look(self, sessions: list[Session]) -> None:
        self.looks += 1
        self.most = max(self.most, len(sessions))
        self.most_used = max(self.most_used, sum(session.state not in {"idle", ""} for session in sessions))
        self.seen |= {(session.pid, session.started) for session in sessions}


def _connect(database: Database) -> psycopg.Connection:
    dsn = database.server.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(dsn, autocommit=True, application_name=APPLICATION, connect_timeout=10)


def _sessions(connection: psycopg.Connection, database: Database) -> list[Session]:
    query = (
        "SELECT pid, backend_start, coalesce(state, ''), application_name,"
        " coalesce(wait_event_type || '/' || wait_event, ''), query"
        f" {_CLIENTS} AND application_name <> %s ORDER BY backend_start, pid"
    )
    return [Session(*row) for row in connection.execute(query, [database.name, APPLICATION])]
