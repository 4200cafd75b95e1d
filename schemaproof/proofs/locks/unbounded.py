"""Whether a migration waits without end for a lock that everybody else then waits for."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.migration.backends import backend_pid
from schemaproof.migration.history import History
from schemaproof.migration.redirect import Redirection
from schemaproof.migration.states import UpgradeFailedError
from schemaproof.postgres import Database
from schemaproof.proofs.locks.measuring import in_one_transaction
from schemaproof.proofs.locks.searching import Search, Unbounded
from schemaproof.proofs.locks.telling import shown

_SECONDS = 0.3  # for which the second session is let wait
_BEGINS_WITHIN = 5.0  # seconds until the migration is seen to wait
_POLL = 0.005  # seconds


class Queue:
    """An observer that lets a session keep the table in use, and another one wait behind the migration.

    Attributes:
        waited: for how many seconds that one waited, in vain; None where it did not.
    """

    def __init__(self, database: Database, lock: Unbounded) -> None:
        self.waited: float | None = None
        self._database = database
        self._lock = lock
        self._done = threading.Event()
        self._sessions: threading.Thread | None = None

    def begin(self, redirection: Redirection) -> None:
        """See ``Observer``."""

    def before(self, connection: Connection, cursor: Any, statement: str) -> None:  # noqa: ARG002 (Observer's)
        """Take the table in use when the migration is about to lock it."""
        if self._sessions is None and statement == self._lock.statement:
            first = psycopg.connect(self._database.dsn, application_name="schemaproof")
            try:
                first.execute(self._use())
            except BaseException:
                first.close()
                raise
            self._sessions = threading.Thread(target=self._queue, args=(first, backend_pid(connection)), daemon=True)
            self._sessions.start()

    def after(self, connection: Connection, cursor: Any, statement: str) -> None:  # noqa: ARG002 (Observer's)
        """The migration waits for nobody, or no longer."""
        if self._sessions is not None:
            self._done.set()

    def commit(self, connection: Connection, commit: Callable[[], None]) -> None:  # noqa: ARG002 (Observer's)
        """See ``Observer``."""
        commit()

    def finish(self) -> None:
        """Wait until the sessions have ended."""
        self._done.set()
        if self._sessions is not None:
            self._sessions.join()

    def _use(self) -> sql.Composed:
        table = sql.Identifier(self._lock.table.schema, self._lock.table.name)
        return sql.SQL("LOCK TABLE {} IN {} MODE").format(table, sql.SQL(self._lock.beside))

    def _queue(self, first: psycopg.Connection[Any], migrating: int) -> None:
        with first, psycopg.connect(self._database.dsn, application_name="schemaproof") as second:
            if self._waits(second, migrating):
                second.execute(f"SET lock_timeout = {int(_SECONDS * 1000)}")
                begin = time.monotonic()
                try:
                    second.execute(self._use())
                except psycopg.errors.LockNotAvailable:
                    self.waited = time.monotonic() - begin
            second.rollback()
            first.rollback()

    def _waits(self, connection: psycopg.Connection[Any], migrating: int) -> bool:
        """Whether the migration begins to wait."""
        deadline = time.monotonic() + _BEGINS_WITHIN
        while not self._done.wait(_POLL) and time.monotonic() < deadline:
            if connection.execute("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", [migrating]).fetchone():
                return True
        return False


def _unbounded(history: History) -> Iterator[Finding]:
    if history.alone or not history.asked_indexes:
        return
    lock = _first(history)
    if lock is not None and _queued(history, lock):
        yield _told(history, lock)


def _first(history: History) -> Unbounded | None:
    """The first lock of the history that is waited for without end."""
    search = Search(history.version_table)
    start, waiting = history.asked_indexes[0], deque([1])
    try:
        database = history.build(start)
    except UpgradeFailedError:
        return None
    with database:
        while waiting and search.found is None and not search.bounded:
            count = waiting.popleft()
            revisions = history.revisions[start : start + count]
            run = history.environment.upgrade(history.chain.script, database, revisions, search)
            if run.redirection.open > 0:
                history.server.end_sessions(database.name)
            start += count
            left = len(history.revisions) - start
            if run.error is None and left and not waiting:
                # What one transaction does under earlier revisions' locks can't be told from what it locks anew.
                waiting.extend([1] if in_one_transaction(run) else [left])
    return search.found


def _queued(history: History, lock: Unbounded) -> bool:
    """Whether another session waits behind the migration."""
    index = history.positions[lock.revision]
    with history.build(index) as database:
        queue = Queue(database, lock)
        try:
            run = history.environment.upgrade(
                history.chain.script, database, history.revisions[index : index + 1], queue
            )
        finally:
            queue.finish()
        if run.redirection.open > 0:
            history.server.end_sessions(database.name)
    return queue.waited is not None


def _told(history: History, lock: Unbounded) -> Finding:
    return LOCK_UNBOUNDED.finding(
        f"Migrations wait for locks without end, and whoever uses the table waits behind them: {lock.revision} does for"
        f" {lock.table}.",
        severity=Severity.NOTE,
        evidence="\n".join(
            [
                f"a session: {lock.uses} {lock.table}, and stays in its transaction",
                f"the upgrade to {lock.revision}: {shown(lock.statement)}: waits for it, since it wants {lock.mode};"
                " lock_timeout = 0",
                f"another session: {lock.uses} {lock.table}: waited behind the upgrade for as long as we let it,"
                f" {_SECONDS} s; without the upgrade it does not wait",
            ]
        ),
        remedy=_remedy(history.facts.driver[0]),  # the one that env.py connects with
    )


def _remedy(driver: str) -> str:
    given = (
        'connect_args={"server_settings": {"lock_timeout": "5s"}}'
        if driver == "asyncpg"
        else 'connect_args={"options": "-c lock_timeout=5s"}'
    )
    return (
        "Let migrations give up after some seconds, and run the deployment again. In env.py, where the engine is"
        " made:\n"
        f"    engine_from_config(..., {given})\n"
        "or on the connection, before context.configure():\n"
        "    connection.execute(text(\"SET lock_timeout = '5s'\"))\n"
        "    connection.commit()"
    )


LOCK_UNBOUNDED = Check(
    id="lock-unbounded",
    area="locks",
    title="No migration waits without end for a lock that everybody else then waits for.",
    reason="Behind one long transaction, such as a report or a backup, the migration waits, and behind the migration"
    " everybody who uses the table: the table is down for as long as that transaction takes.",
    remedy="Set lock_timeout in env.py.",
    scope="history",
    examine=_unbounded,
    needs_head=False,
    keywords=("locks",),
)
