"""Sees to it that every run of env.py comes to an end, and knows what it was doing where it would not have.

A thread beside the run looks at the server where nothing has been sent for a while. Two things end a run:

- it waits for itself: seen twice in a row without anything in between, that is certain, however short the wait was;
- it does nothing for too long. What counts as something: a statement with parameters that were not sent before, rows
  that are changed, a revision that begins, and what the server reports of the progress of a statement. A loop that asks
  the same again and again, sleeps or computes does nothing.

A statement that is ended raises the driver's own error, so env.py cleans up as after any other. Python code is ended by
an exception that no ``except Exception`` stops. What survives that too ends with the process.
"""

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

import psycopg

from schemaproof.migration.bounds import longest_bound, server_bound
from schemaproof.migration.hang import Hang, HangError, of_self_wait, of_stall
from schemaproof.migration.redirect import Redirection
from schemaproof.migration.stacks import Interruption, cancel_tasks, stack
from schemaproof.migration.waiting import Look, SelfWait, self_wait
from schemaproof.postgres import Server
from schemaproof.postgres.databases import PREFIX

_TICK = 0.2  # seconds between two looks
_GRACE = 2.0  # seconds for a run to end once it is told to, before it is told in a harder way
_ENDING = 5.0  # seconds without progress after which a run is ended whose statement was ended
_TRIES = 10  # times that it is told so
_MARGIN = 1.0  # seconds after a timeout of the project's own by which PostgreSQL has ended a wait
_CONNECT = 5  # seconds

# What long statements tell of themselves (manual, "Progress Reporting").
_PROGRESS = " UNION ALL ".join(
    f"SELECT p::text FROM pg_stat_progress_{name} p WHERE p.datname = %(name)s"  # noqa: S608 (constants)
    for name in ("create_index", "vacuum", "cluster", "analyze", "copy")
)
# Only a session of this database, and only at the statement that was seen.
_CANCEL = """
    SELECT pg_cancel_backend(pid) FROM pg_stat_activity
    WHERE datname = %s AND pid = ANY (%s) AND state = 'active'
"""
_TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid = ANY (%s)"


def _end_process(error: HangError) -> None:
    """Say what the run does, and end the process: nothing else is left."""
    print(f"schemaproof: {error}\nNothing stops it, so this process ends.", file=sys.__stderr__, flush=True)
    os._exit(2)


# Called with a HangError in the watching thread, where a run goes on whatever is done. Whoever has a report to save
# puts something else in place of it, which must end the process too.
last_resort: Callable[[HangError], None] = _end_process


class Watchdog:
    """Watches the run in the thread that makes it; as a context manager it is gone at the end.

    Args:
        redirection: the run's.
        server: where its database is.
        project: the project's folder.
        limit: seconds without any progress after which the run is ended; None for no such limit.

    Attributes:
        hang: why the run was ended; None where it was not.
        seen: a wait of the process for itself that PostgreSQL was left to end, by a timeout of the project's own.
    """

    def __init__(self, redirection: Redirection, server: Server, project: Path, limit: float | None) -> None:
        self.hang: Hang | None = None
        self.seen: Hang | None = None
        self._redirection = redirection
        self._server = server
        self._project = project
        self._limit = limit
        self._over = threading.Event()
        self._connection: psycopg.Connection[Any] | None = None
        self._last: SelfWait | None = None
        self._sent = -1
        self._progress: object = None
        self._since = monotonic()
        self._moved: object = None  # what the server reported last of its progress
        self._told = 0  # how often the run was told to end
        self._told_at = 0.0
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._interruption = Interruption()
        self._thread = threading.Thread(target=self._watch, name="schemaproof watchdog", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the run alone from now on."""
        self._interruption.close()
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _watch(self) -> None:
        try:
            while not self._over.wait(_TICK):
                self._tick()
        finally:
            self._drop_connection()

    def _tick(self) -> None:
        redirection = self._redirection
        if redirection.progress != self._progress:
            self._progress, self._since = redirection.progress, monotonic()
        quiet, self._sent = redirection.sent == self._sent, redirection.sent
        if quiet and redirection.database is not None and redirection.sessions:
            try:
                self._look()
            except psycopg.Error:  # the server is down, by a fault that was meant, or has no connection to spare
                self._drop_connection()
        limit = self._limit if self.hang is None else min(self._limit or _ENDING, _ENDING)
        if limit is not None and monotonic() - self._since > limit and not self._server_moves():
            self._end_stalled(limit)

    def _look(self) -> None:
        """Look for a wait of the process for itself, and end the one that was there at the last look too."""
        sessions = list(self._redirection.sessions)
        found = self_wait(self._now(), sessions)
        last, self._last = self._last, found
        if found is None or not found.same(last) or self._over.is_set():
            return
        hang = of_self_wait(found, sessions, self._revision, self._project)
        bound = self._bound()
        if bound is not None and found.waiting.seconds < bound + _MARGIN:
            self.seen = replace(hang, evidence=f"{hang.evidence}\nA timeout that the project sets ended the wait.")
            return
        canceled = f"{hang.evidence}\nschemaproof canceled the statement, so that the run came to an end."
        self.hang = self.hang or replace(hang, evidence=canceled)
        self._told += 1
        # An env.py that tries again for ever is not stopped by an error that it expects.
        self._send(_CANCEL if self._told <= 1 else _TERMINATE, [found.waiting.pid])
        if self._told > 2:
            self._interruption.ask()
        self._last = None

    @property
    def _revision(self) -> str | None:
        """The one whose code runs."""
        return self._redirection.revision if self._redirection.watched else None

    def _bound(self) -> float | None:
        """The longest time that a wait may last by a timeout that is set; None where none is."""
        known = longest_bound(self._redirection.bounds)
        name = self._redirection.database
        assert name is not None  # noqa: S101 (looked at)
        return longest_bound(one for one in (known, server_bound(self._connected(), name)) if one is not None)

    def _server_moves(self) -> bool:
        """Whether the server has gone on with a statement since this was asked last."""
        name = self._redirection.database
        if name is None or not self._redirection.sessions or self._told:
            return False
        try:
            rows = sorted(row for (row,) in self._connected().execute(_PROGRESS, {"name": name}).fetchall())
        except psycopg.Error:
            return False
        moves = bool(rows) and rows != self._moved
        self._moved = rows
        if moves:
            self._since = monotonic()
        return moves

    def _end_stalled(self, limit: float) -> None:
        if monotonic() - self._told_at < _GRACE or self._over.is_set():
            return
        sessions = list(self._redirection.sessions)
        look: Look | None = None
        if self._redirection.database is not None and sessions:
            try:
                look = self._now()
            except psycopg.Error:
                self._drop_connection()
        tasks = [one.task for one in sessions if one.task is not None]
        lines = stack(self._interruption.thread, self._project, tasks)
        self.hang = self.hang or of_stall(limit, look, sessions, lines, self._revision, self._project)
        self._told, self._told_at = self._told + 1, monotonic()
        if self._told > _TRIES:
            last_resort(HangError(self.hang))
        pids = [one.pid for one in sessions]
        runs = look is not None and any(one.pid in pids and one.runs for one in look.backends.values())
        if runs:
            self._send(_CANCEL if self._told == 1 else _TERMINATE, pids)
        if not runs or self._told > 1:
            self._interruption.ask()
        if self._told > 1:
            cancel_tasks(tasks)

    def _send(self, statement: str, pids: list[int]) -> None:
        name = self._redirection.database
        assert name is not None and name.startswith(PREFIX)  # noqa: S101, PT018 (no session of anybody else is ended)
        self._connected().execute(statement, [name, pids])

    def _now(self) -> Look:
        assert self._redirection.database is not None  # noqa: S101 (looked at)
        return Look.at(self._connected(), self._redirection.database)

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            # To the server's own database: the run's is cloned and dropped, and its sessions are counted.
            dsn = self._server.url.set(drivername="postgresql").render_as_string(hide_password=False)
            self._connection = psycopg.connect(
                dsn, autocommit=True, application_name="schemaproof", connect_timeout=_CONNECT
            )
        return self._connection

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
