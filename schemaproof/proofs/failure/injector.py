"""Injects one fault into one run of env.py."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from schemaproof.migration.backends import backend_pid
from schemaproof.proofs.failure.fault import Fault
from schemaproof.proofs.failure.locks import blocking_mode
from schemaproof.proofs.failure.sites import Counter, Site
from schemaproof.proofs.failure.state import Name, Watcher

# An error that no revision expects, raised by the server: class 53, "Insufficient Resources" (manual, appendix A).
_ERROR = "DO $$BEGIN RAISE EXCEPTION 'schemaproof: an injected error' USING ERRCODE = 'disk_full'; END$$"

LOCK_TIMEOUT = 10  # milliseconds that a statement waits for the lock that it can't get
_PATIENCE = 15.0  # seconds after which the lock is given up: the run would have waited for ever


class Injector(Counter):
    """Lets ``fault`` happen at ``site``; ``release`` takes back what it holds.

    Args:
        watcher: the harness' side of the database.
        crash: kills the server; for the faults that do.

    Attributes:
        fired: whether the run came to the site, and the fault happened.
        hung: whether the run still waited for the lock when it was given up.
    """

    def __init__(self, site: Site, fault: Fault, watcher: Watcher, crash: Callable[[], None] | None = None) -> None:
        super().__init__()
        self.fired = False
        self.hung = False
        self._site = site
        self._fault = fault
        self._watcher = watcher
        self._crash = crash
        self._holder: psycopg.Connection[Any] | None = None
        self._timer: threading.Timer | None = None

    def before(self, connection: Connection, cursor: Any, statement: str) -> None:
        super().before(connection, cursor, statement)
        if self._is_here() and not self._fault.after:
            if self._fault.waits:
                self._hold(cursor)
            else:
                self._strike(connection, cursor)

    def after(self, connection: Connection, cursor: Any, statement: str) -> None:  # noqa: ARG002 (Observer's)
        if self._is_here() and self._fault.after:
            self._strike(connection, cursor)

    def commit(self, connection: Connection, commit: Callable[[], None]) -> None:
        self._place += 1
        if self._place != self._site.place or self._site.kind != "commit":
            commit()
            return
        if self._fault.after:
            commit()
        cursor = connection.connection.cursor()
        try:
            self._strike(connection, cursor)
        except Exception:
            connection.connection.rollback()  # a COMMIT that fails ends the transaction too (manual, COMMIT)
            raise
        if self._fault.after:
            cursor.execute("SELECT 1")  # on the lost connection: the driver's own error for one
        else:
            commit()

    def release(self) -> None:
        """Give up the lock that is held."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        if self._holder is not None:
            self._holder.close()
            self._holder = None

    @property
    def holder_pid(self) -> tuple[int, ...]:
        """The pid of the session that holds the lock."""
        return (self._holder.info.backend_pid,) if self._holder is not None and not self._holder.closed else ()

    def _is_here(self) -> bool:
        """Whether a statement is the site. Its text may be another than in the good run: of a random key, say."""
        return self._site.kind == "statement" and self._place == self._site.place

    def _strike(self, connection: Connection, cursor: Any) -> None:
        self.fired = True
        match self._fault:
            case Fault.ERROR | Fault.ERROR_AFTER:
                cursor.execute(_ERROR)
            case Fault.DISCONNECT | Fault.DISCONNECT_AFTER | Fault.COMMIT_LOST:
                self._watcher.terminate(backend_pid(connection))
            case Fault.KILLED | Fault.KILLED_AFTER:
                _die()
            case Fault.CRASH | Fault.CRASH_AFTER:
                assert self._crash is not None  # noqa: S101 (given with these faults)
                self._crash()

    def _hold(self, cursor: Any) -> None:
        """Let another session take the lock that the statement will wait for, and bound the wait."""
        self._holder = psycopg.connect(self._watcher.database.dsn, application_name="schemaproof")
        self._holder.execute("SELECT")  # begins the transaction, in which those below are savepoints
        for name, mode in self._wanted():
            lock = sql.SQL("LOCK TABLE {} IN {} MODE NOWAIT").format(sql.Identifier(*name), sql.SQL(mode))
            with suppress(psycopg.errors.LockNotAvailable), self._holder.transaction():
                self._holder.execute(lock)
                self.fired = True
        if not self.fired:
            return
        self._timer = threading.Timer(_PATIENCE, self._give_up)
        self._timer.daemon = True
        self._timer.start()
        # For an env.py with a lock_timeout of its own; the others have it from their database.
        cursor.execute(f"SET {'' if self._site.outside else 'LOCAL '}lock_timeout = {LOCK_TIMEOUT}")

    def _wanted(self) -> list[tuple[Name, Any]]:
        if self._fault is Fault.WRITER:
            return [(name, "ROW EXCLUSIVE") for name in self._watcher.tables()]
        if self._site.outside:  # its locks were not seen: it gave them back at once
            return [(name, "ACCESS EXCLUSIVE") for name in self._watcher.tables()]
        held = self._site.held
        modes = {name: blocking_mode(modes, held.get(name, frozenset())) for name, modes in self._site.locks.items()}
        return [(name, mode) for name, mode in modes.items() if mode is not None]

    def _give_up(self) -> None:
        self.hung = True
        if self._holder is not None:
            self._holder.close()


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a SIGKILL was survived")
