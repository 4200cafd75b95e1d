"""Sessions that work in a closed loop, a reader that holds on, and one that looks who waits: each in a thread."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from time import perf_counter
from typing import Any

import psycopg
from sqlalchemy import Connection

from schemaproof.catalog.names import unquoted
from schemaproof.migration.lines.quoting import quoted
from schemaproof.migration.redirect import Redirection
from schemaproof.run.rehearsal.record import Answer, Look, Sent
from schemaproof.run.rehearsal.workload import Task

_LOOKS = 0.02  # seconds between two looks at who waits
_PATIENCE = "60s"  # after which a statement is given up: it would keep the rehearsal from its end

_WAITING = """
SELECT coalesce(bool_or(pid = ANY (%s::int[])), false), count(*) FILTER (WHERE pid = ANY (%s::int[]))
FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._zero = perf_counter()

    def __call__(self) -> float:
        """How many."""
        return perf_counter() - self._zero


class Traffic:
    """The sessions on the database ``dsn`` while it is entered; what they see is complete afterwards.

    Args:
        dsn: the database.
        tasks: for each session, what it does.
        clock: tells the time.

    Attributes:
        answers: what the sessions were answered.
        looks: who waited for locks.
        migrating: the pids of the sessions that migrate.
    """

    def __init__(self, dsn: str, tasks: Sequence[Sequence[Task]], clock: Clock) -> None:
        self.answers: list[Answer] = []
        self.looks: list[Look] = []
        self.migrating: Callable[[], list[int]] = list
        self._dsn, self._clock, self._stopped = dsn, clock, threading.Event()
        self._errors: list[BaseException] = []
        self._pids: list[int] = []
        works = [self._working(each) for each in tasks if each]
        self._threads = [threading.Thread(target=self._kept(one), daemon=True) for one in [*works, self._looking]]

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        self.answers.sort(key=lambda one: one.begin + one.seconds)
        for error in self._errors:
            raise error

    def _kept(self, work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 (it is raised where the traffic ends)
                self._errors.append(error)

        return run

    def _working(self, tasks: Sequence[Task]) -> Callable[[], None]:
        def work() -> None:
            with connected(self._dsn) as connection:
                self._pids.append(connection.info.backend_pid)
                connection.execute(f"SET statement_timeout = '{_PATIENCE}'".encode())
                for task in cycle(tasks):
                    if self._stopped.is_set():
                        return
                    self.answers.append(self._answer(connection, task))

        return work

    def _answer(self, connection: psycopg.Connection[Any], task: Task) -> Answer:
        begin, code = self._clock(), ""
        try:
            connection.execute(f"BEGIN; {task.text}; ROLLBACK".encode())
        except psycopg.Error as error:
            if connection.closed:
                raise
            code = error.sqlstate or ""
        seconds = self._clock() - begin
        if code:
            connection.execute("ROLLBACK")
        return Answer(task.table, begin, seconds, code)

    def _looking(self) -> None:
        with connected(self._dsn) as connection:
            while not self._stopped.wait(_LOOKS):
                at = self._clock()
                migration, others = connection.execute(_WAITING, [self.migrating(), self._pids]).fetchone() or (
                    False,
                    0,
                )
                self.looks.append(Look(at, bool(migration), int(others)))


@contextmanager
def reader(dsn: str, tables: Sequence[str], begun: threading.Event, seconds: float) -> Iterator[None]:
    """A transaction that has read a row of each table, and holds on for as many seconds once ``begun`` is set.

    It ends with the block at the latest.
    """
    ready, left, errors = threading.Event(), threading.Event(), list[BaseException]()

    def read() -> None:
        try:
            with connected(dsn) as connection, connection.transaction():
                for table in tables:
                    connection.execute(f"SELECT FROM {quoted(*unquoted(table))} LIMIT 1".encode())
                ready.set()
                begun.wait()
                left.wait(seconds)
        except BaseException as error:  # noqa: BLE001 (it is raised below)
            errors.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    ready.wait()
    try:
        yield
    finally:
        left.set()
        begun.set()
        thread.join()
        for error in errors:
            raise error


class Statements:
    """An observer: when each statement of the migration was sent, and when it was done.

    Attributes:
        sent: those that were done.
        first: set as soon as one is about to be sent.
    """

    def __init__(self, clock: Clock) -> None:
        self.sent: list[Sent] = []
        self.first = threading.Event()
        self._clock = clock
        self._begun = 0.0
        self._redirection: Redirection | None = None

    def begin(self, redirection: Redirection) -> None:
        """A run begins."""
        self._redirection = redirection

    def before(self, _connection: Connection, _cursor: Any, _statement: str) -> None:
        """A statement is about to be sent."""
        self._begun = self._clock()
        if self._redirection is not None and self._redirection.watched:
            self.first.set()

    def after(self, _connection: Connection, _cursor: Any, statement: str) -> None:
        """It was executed."""
        if self._redirection is not None and self._redirection.watched:
            self.sent.append(Sent(statement, self._begun, self._clock()))

    def commit(self, _connection: Connection, commit: Callable[[], None]) -> None:
        """Time the COMMIT as well."""
        begun = self._clock()
        commit()
        self.sent.append(Sent("COMMIT", begun, self._clock()))

    def pids(self) -> list[int]:
        """Of the sessions that migrate."""
        return [one.pid for one in self._redirection.sessions] if self._redirection is not None else []


def connected(dsn: str) -> psycopg.Connection[Any]:
    """A session of the harness in autocommit mode, which nobody takes for one of the subject's."""
    return psycopg.connect(dsn, autocommit=True, application_name="schemaproof")
