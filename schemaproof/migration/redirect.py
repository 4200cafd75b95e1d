"""Where the subject's SQLAlchemy connections go, whatever engine it builds: to the database of the moment, or nowhere.

A project is told one URL, of a stand-in database, for as long as it is examined: many read it once, when a module is
imported, and some keep an engine for good. Each connection that is made to the stand-in is made to the database of the
moment instead; one to anywhere else is refused before it is made.
"""

import asyncio
import contextlib
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import URL, Connection, Dialect, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError, MissingGreenlet
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from schemaproof.migration.aborted import Errors
from schemaproof.migration.backends import as_sent
from schemaproof.migration.bounds import bounds_in
from schemaproof.migration.drivers import KNOWN
from schemaproof.migration.grants import is_about
from schemaproof.migration.printed import Noise
from schemaproof.migration.sessions import Session, made

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_MARK = "schemaproof run"  # in the pool's info of a connection: for which run it was made
_SESSION = "schemaproof session"  # likewise: its Session
_CHANGES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|MERGE|WITH|COPY)\b", re.IGNORECASE)

# CREATE USER and CREATE GROUP are other spellings of CREATE ROLE (manual, SQL Commands); MAPPING is another thing.
_ROLE_STATEMENT = re.compile(r"\b(?:CREATE|DROP)\s+(?:ROLE|USER|GROUP)\b(?!\s+MAPPING)", re.IGNORECASE)


class StrangeDriverError(Exception):
    """A connection was refused: the harness does not know what its driver says of a session."""


class ElsewhereError(Exception):
    """The subject was about to connect to another database than the one it was given."""


class Observer(Protocol):
    """Is told of each statement of a run, in the order in which they are sent, and may do something about it.

    A statement's text is the one that the server gets.
    """

    def begin(self, redirection: "Redirection") -> None:
        """A run with this ``redirection`` begins."""

    def before(self, connection: Connection, cursor: Any, statement: str) -> None:
        """``statement`` is about to be sent by ``cursor`` (the DBAPI's); what this raises, its execution raises."""

    def after(self, connection: Connection, cursor: Any, statement: str) -> None:
        """``statement`` was executed; what this raises, its execution raises."""

    def commit(self, connection: Connection, commit: Callable[[], None]) -> None:
        """Is called in place of the driver's COMMIT, which is ``commit``."""


@dataclass
class Redirection:
    """What happens to the subject's connections during one run of its env.py.

    Attributes:
        standin: the URL that the subject was given.
        database: the name of the database that its connections go to; None refuses them all (an offline run).
        asked: how many it asked SQLAlchemy for.
        connections: how many it made.
        open: how many of them are not closed yet.
        elsewhere: where else it wanted to connect to, "host:port/database" each.
        strange: the driver of a connection that was refused because the harness does not know it; "" for none.
        refused: how many connections were refused because there is no database.
        revision: the revision whose code has begun last.
        watched: whether statements are counted at the moment (while a revision's own code runs).
        statements: how many were sent while ``watched``.
        words: with which word each of them began, in capitals.
        role_statements: those that create or drop a role, which belongs to the whole server.
        privilege_statements: those that grant or revoke something.
        observer: who is told of the statements.
        sessions: its sessions, also those that are closed by now.
        sent: how many statements and COMMITs it sent.
        progress: grows with each sign that the run gets on; see ``watchdog``.
        bounds: the seconds of each timeout that it set.
        noise: what it logged and sent, which no evidence needs.
        errors: those of its statements, whoever caught them.
    """

    standin: URL
    database: str | None
    asked: int = 0
    connections: int = 0
    open: int = 0
    elsewhere: list[str] = field(default_factory=list)
    strange: str = ""
    refused: int = 0
    revision: str | None = None
    watched: bool = False
    statements: int = 0
    words: set[str] = field(default_factory=set)
    role_statements: list[str] = field(default_factory=list)
    privilege_statements: list[str] = field(default_factory=list)
    observer: Observer | None = None
    sessions: list[Session] = field(default_factory=list, repr=False)
    sent: int = 0
    progress: int = 0
    bounds: list[float] = field(default_factory=list)
    noise: Noise = field(default_factory=Noise, repr=False)
    errors: Errors = field(default_factory=Errors, repr=False)
    _known: set[int] = field(default_factory=set, repr=False)

    def connect(self, dialect: Dialect, record: ConnectionPoolEntry | None, cargs: Sequence[Any], given: Any) -> Any:
        """A DBAPI connection to the database of the moment."""
        self.asked += 1
        name = "dbname" if "dbname" in given else "database"
        host, port = given.get("host"), given.get("port")
        if dialect.name != "postgresql" or not self._is_standin(host, port, given.get(name)):
            where = f"{host or ''}:{port or ''}/{given.get(name, '')}"
            if dialect.name != "postgresql":
                where = f"{dialect.name} ({cargs[0] if cargs else host or 'no host'})"
            self.elsewhere.append(where)
            raise ElsewhereError(f"env.py connects to {where}, not to the database that it was given")
        if dialect.driver.removesuffix("_async") not in KNOWN:
            self.strange = dialect.driver
            raise StrangeDriverError(f"env.py connects with {dialect.driver}")
        if dialect.is_async and not _in_event_loop():
            # As the driver would, but without a coroutine that nobody awaits.
            raise MissingGreenlet("an async driver in a synchronous engine")
        if self.database is None:
            self.refused += 1
            raise ElsewhereError("env.py connects to a database in offline mode (--sql)")
        connection = dialect.connect(*cargs, **{**given, name: self.database})
        self.connections += 1
        self.open += 1
        session = made(dialect, connection)
        if session is not None:
            self.sessions.append(session)
        self.bounds.extend(bounds_in(f"{given} {os.environ.get('PGOPTIONS', '')}"))
        if record is not None:
            record.info[_MARK] = self
            record.info[_SESSION] = session
        return connection

    def send(self, connection: Connection, statement: str, parameters: object = "") -> None:
        """Remember that ``statement`` is about to be sent."""
        self.sent += 1
        session = connection.info.get(_SESSION)
        if session is not None:
            session.use(statement, self.revision if self.watched else None)
        known = hash((statement, str(parameters)))
        if known not in self._known:  # one that was sent before may be a question asked again and again
            self._known.add(known)
            self.progress += 1
            self.noise.send(statement)
            self.bounds.extend(bounds_in(statement))

    def _is_standin(self, host: object, port: object, database: object) -> bool:
        wanted = self.standin.host or self.standin.query.get("host")
        same_host = host == wanted or (host in _LOOPBACK and wanted in _LOOPBACK)
        return same_host and str(port or 5432) == str(self.standin.port or 5432) and database == self.standin.database

    def closed(self, record: ConnectionPoolEntry) -> None:
        """Count a connection of this run that its pool has closed."""
        if record.info.get(_MARK) is self:
            self.open -= 1

    def check_out(self, record: ConnectionPoolEntry) -> None:
        """Let the pool replace a connection that was made for an earlier run: to another database, and ended since.

        Raises:
            DisconnectionError: for such a one.
            ElsewhereError: for one that was made past SQLAlchemy's do_connect (an engine with ``creator``).
        """
        made_for = record.info.get(_MARK)
        if made_for is None:
            self.elsewhere.append("a place of its own (an engine with creator=)")
            raise ElsewhereError("env.py's engine makes its connections itself, so nobody can tell where they go")
        if made_for is not self:
            raise DisconnectionError("made for an earlier run")


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


_lock = threading.Lock()
_active: Redirection | None = None


@contextlib.contextmanager
def redirected(redirection: Redirection) -> Iterator[Redirection]:
    """``redirection`` in force for all engines of this process, in all of its threads, one at a time."""
    global _active  # noqa: PLW0603 (SQLAlchemy's class-wide events have no other way to know)
    _listen()
    with _lock:
        _active = redirection
        if redirection.observer is not None:
            redirection.observer.begin(redirection)
        try:
            yield redirection
        finally:
            _active = None
            for session in redirection.sessions:
                session.task = None  # whose frames hold connections
            redirection.errors.forget()


def _listen() -> None:
    """Register the listeners, once: SQLAlchemy has no cheap way to take class-wide ones back."""
    if not event.contains(Engine, "do_connect", _do_connect):
        event.listen(Engine, "do_connect", _do_connect)
        event.listen(Engine, "before_cursor_execute", _before_cursor_execute)
        event.listen(Engine, "after_cursor_execute", _after_cursor_execute)
        event.listen(Engine, "handle_error", _handle_error)
        event.listen(Engine, "commit", _commit)
        event.listen(Pool, "checkout", _checkout)
        event.listen(Pool, "close", _close)


def _do_connect(dialect: Dialect, record: ConnectionPoolEntry | None, cargs: Any, cparams: Any) -> Any:
    return _active.connect(dialect, record, cargs, cparams) if _active is not None else None


def _checkout(_connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
    if _active is not None:
        _active.check_out(record)


def _close(_connection: object, record: ConnectionPoolEntry) -> None:
    if _active is not None:
        _active.closed(record)


def _before_cursor_execute(
    connection: Connection, cursor: object, statement: str, parameters: object, _context: object, many: object
) -> None:
    if _active is None:
        return
    _active.send(connection, statement, "" if many else parameters)
    if _active.watched:
        _active.statements += 1
        _active.words.update(part.split(maxsplit=1)[0].upper() for part in statement.split(";") if part.strip())
        if _ROLE_STATEMENT.search(statement):
            _active.role_statements.append(statement)
        if is_about(statement):
            _active.privilege_statements.append(statement)
    if _active.observer is not None:
        _active.observer.before(connection, cursor, as_sent(connection, statement))


def _after_cursor_execute(connection: Connection, cursor: Any, statement: str, *_: object) -> None:
    if _active is None:
        return
    if _CHANGES.match(statement) and cursor.rowcount > 0:
        _active.progress += 1
    if _active.observer is not None:
        _active.observer.after(connection, cursor, as_sent(connection, statement))


def _handle_error(context: ExceptionContext) -> None:
    if _active is not None:
        _active.errors.seen(context)


def _commit(connection: Connection) -> None:
    """Put the observer in place of the driver's COMMIT that is about to come.

    The event itself comes too early for it: what a listener raises is not wrapped as a driver's error is.
    """
    if _active is not None:
        _active.send(connection, "COMMIT")
    observer = _active.observer if _active is not None else None
    if observer is None or connection._is_autocommit_isolation():  # COMMIT is not sent then
        return
    dialect = connection.engine.dialect
    if isinstance(dialect.do_commit, _Instead):  # the last one never came: its connection was lost already
        del dialect.do_commit
    dialect.do_commit = _Instead(dialect, connection, observer)  # type: ignore[method-assign]  # of this instance, for once


class _Instead:
    """An engine's COMMIT, for once: the observer's."""

    def __init__(self, dialect: Dialect, connection: Connection, observer: Observer) -> None:
        self._dialect = dialect
        self._connection = connection
        self._observer = observer
        self._do_commit = dialect.do_commit

    def __call__(self, dbapi_connection: Any) -> None:
        del self._dialect.do_commit  # the instance's; the class's is in force again
        self._observer.commit(self._connection, lambda: self._do_commit(dbapi_connection))
