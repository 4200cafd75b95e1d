"""Queries that are known to overlap: they wait inside the server, until there are as many as wanted."""

import secrets
from types import TracebackType
from typing import Self

import psycopg

from schemaproof.postgres import Database
from schemaproof.traffic.waiting import becomes

# In the name of every connection of these instruments, so that none of them counts another.
APPLICATION = "schemaproof"


class BarrierError(AssertionError):
    """There are not as many queries at the barrier as there should be.

    Attributes:
        wanted: how many there should be.
        waiting: how many there were when the wait was over.
    """

    def __init__(self, wanted: int, waiting: int, within: float) -> None:
        super().__init__(f"queries at the barrier after {within:g} s: {waiting}, not {wanted}")
        self.wanted = wanted
        self.waiting = waiting


class Barrier:
    """A barrier in one database, closed from the beginning of the ``with`` block to :meth:`release` or its end.

    An advisory lock (manual, "Advisory Locks"): the barrier holds it exclusively, and who comes asks for it in shared
    mode, so that all go on together. Advisory locks belong to a database: those of others are not met.

    Args:
        database: in which; the barrier has a connection of its own to it while the block lasts.

    Attributes:
        key: the lock's.
        sql: the statement that waits; it holds the lock until its transaction's end, and returns the backend's pid.
        call: the same as an expression, for a statement of one's own: ``SELECT ... FROM {call}``.
    """

    def __init__(self, database: Database) -> None:
        self.key = secrets.randbits(62)
        self.call = f"pg_advisory_xact_lock_shared({self.key})"
        self.sql = f"SELECT pg_backend_pid() FROM {self.call}"  # noqa: S608 (a number of our own)
        self._database = database
        self._connection: psycopg.Connection | None = None

    def __enter__(self) -> Self:
        self._connection = psycopg.connect(self._database.dsn, autocommit=True, application_name=APPLICATION)
        self._connection.execute("SELECT pg_advisory_lock(%s)", [self.key])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()

    def waiting(self) -> set[int]:
        """The backend pids of those that wait at it now."""
        assert self._connection is not None  # noqa: S101 (the block has begun)
        # An advisory lock's 64-bit key is shown in two halves (manual, "pg_locks").
        query = (
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND (classid::bigint << 32) + objid::bigint = %s"
        )
        return {pid for (pid,) in self._connection.execute(query, [self.key])}

    async def wait_for(self, count: int, within: float = 20.0) -> set[int]:
        """The backend pids of exactly ``count`` queries, when they all wait at the barrier.

        Raises:
            BarrierError: when it is another number ``within`` so many seconds.
        """
        reached, pids = await becomes(self.waiting, lambda pids: len(pids) == count, within)
        if not reached:
            raise BarrierError(count, len(pids), within)
        return pids

    def release(self) -> None:
        """Let all of them go on, and everyone who comes later."""
        assert self._connection is not None  # noqa: S101 (the block has begun)
        self._connection.execute("SELECT pg_advisory_unlock_all()")
