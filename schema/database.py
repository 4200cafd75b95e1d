"""The application's connections to PostgreSQL: one pool, opened at the start, closed at the end.

Source: spec FR-005, user story 2 and edge cases.
"""

import asyncio
import logging
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Self, cast

import asyncpg
from sqlalchemy import URL, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import greenlet_spawn
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_fixed

from schema.connecting import Opening, make_engine
from schema.diagnosis import driver_error, is_lost
from schema.errors import (
    CommitOutcomeUnknownError,
    DatabaseStoppedError,
    DatabaseUnavailableError,
    StatementTimeoutError,
)
from schema.pool import OrderedPool, Stats
from schema.settings import Settings
from schema.url import database_url

log = logging.getLogger(__name__)

# Seconds for a connection to be closed politely: its query is cancelled, and the server says goodbye.
_GOODBYE = 2.0
# Edge case "connection drops mid-query": retry once.
_ATTEMPTS = 2


class _SyncSession(Session):
    def close(self) -> None:
        """Close it; that its connection is lost already is no error: the server has rolled back."""
        try:
            super().close()
        except DBAPIError as error:
            if not is_lost(error):
                raise
            super().close()  # the first ended half way


class _Session(AsyncSession):
    sync_session_class = _SyncSession

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        """Close it, in a task of its own where that has to wait: no cancellation may keep it from being closed."""
        if self.sync_session.in_transaction():
            await _to_its_end(self.close())
        else:
            self.sync_session.close()


class _WorkSession(_Session):
    """A session inside ``run``, which alone commits it."""

    async def commit(self) -> None:
        """Refuse: what was committed here would be done twice by a second attempt."""
        raise RuntimeError("run(work) commits by itself when work returns: remove commit(), or use session()")


class _Running:
    """Work that :meth:`Database.stop` may cancel: ``asyncio.timeout`` without a time, which costs a request less."""

    def __init__(self) -> None:
        self._task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._cancelled_before = self._task.cancelling()
        self._stopped = False

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._task.cancel()

    def is_stopped(self) -> bool:
        """Whether it is ``stop`` that has cancelled the task, and nobody else."""
        return self._stopped and self._task.cancelling() <= self._cancelled_before + 1

    def end(self) -> None:
        """Take the cancellation back: it was of this work, and not of what else the task may do."""
        if self._stopped:
            self._task.uncancel()


class Database:
    """Sessions on a pool of between ``min_size`` and ``max_size`` connections to one PostgreSQL database.

    >>> async def rename(session: AsyncSession) -> None:
    ...     await session.execute(...)
    >>> async with Database("postgresql://user:password@localhost/faceplate") as database:  # doctest: +SKIP
    ...     await database.run(rename)
    """

    def __init__(self, settings: Settings | str | URL) -> None:
        """Take the settings, or a URL with the default ones; nothing is connected before :meth:`start`.

        Raises:
            ValueError: on a URL that cannot work.
        """
        self.settings = settings if isinstance(settings, Settings) else Settings(database_url(settings))
        self._engine: AsyncEngine | None = None
        self._pool: OrderedPool | None = None
        self._connections: weakref.WeakSet[asyncpg.Connection] = weakref.WeakSet()
        self._sessions: partial[_Session] | None = None
        self._work_sessions: partial[_WorkSession] | None = None
        self._running: set[_Running] = set()
        self._nothing_runs = asyncio.Event()
        self._stopping = asyncio.Lock()
        self._opened = 0
        self._retried = 0

    def __repr__(self) -> str:
        """Return address and pool sizes, without the password."""
        its = self.settings
        return f"Database({its.address!r}, min_size={its.min_size}, max_size={its.max_size})"

    async def __aenter__(self) -> Self:
        """Start, and return this database."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    async def start(self) -> None:
        """Open ``min_size`` connections (user story 2, scenario 1).

        Warns, in the log ``schema.database``, where ``instances`` full pools exceed the connections that the server has
        for this user.

        Raises:
            DatabaseUnavailableError: if they are not all open within ``connect_timeout`` seconds; none is left then. A
                server that is starting up is waited for, any other refusal ends the start at once.
            RuntimeError: if this database is started already.
        """
        if self._engine is not None:
            raise RuntimeError(f"{self!r} is already started: call start() once, or stop() before the next start()")
        engine, pool = self._engine, self._pool = make_engine(self.settings)
        self._opened = self._retried = 0
        event.listen(pool, "connect", self._note_opened, insert=True)
        event.listen(engine.sync_engine, "handle_error", self._handle)
        try:
            await Opening(engine, self.settings, self._abort).run()
        except BaseException:  # cancelled, or an error of ours: as little may stay open
            await self._close(goodbye=0)
            raise
        # What async_sessionmaker does besides, with each session, has its price.
        self._sessions = partial(_Session, engine, expire_on_commit=False)
        self._work_sessions = partial(_WorkSession, engine, expire_on_commit=False)

    def session(self) -> AsyncSession:
        """Return a new session, which takes a connection at its first statement and returns it when it is closed.

        That statement raises ``PoolTimeoutError`` when no connection was free for ``acquire_timeout`` seconds, and
        ``DatabaseUnavailableError`` when none could be opened. What is lost later is not repeated: see :meth:`run`.
        Objects stay readable after a commit (``expire_on_commit=False``): a reload could not be awaited.

        Raises:
            RuntimeError: before :meth:`start` and after :meth:`stop`.
        """
        if self._sessions is None:
            raise RuntimeError(f"{self!r} is not started: await start() before session(), or use 'async with'")
        return self._sessions()

    async def run[T](self, work: Callable[[AsyncSession], Awaitable[T]], *, idempotent: bool = False) -> T:
        """Do ``work`` in a transaction of its own, commit, and return its result.

        When the connection is lost, all of it is done once more after ``retry_delay`` seconds, on another connection
        (edge case "connection drops mid-query"): what ``work`` does besides the database is done twice then. Any other
        error rolls back and comes out as it is.

        Args:
            work: leaves commit and rollback alone (an error rolls back), and keeps nothing of the session.
            idempotent: whether the work may also run twice, so that a lost COMMIT is no reason to ask.

        Raises:
            CommitOutcomeUnknownError: if the connection was lost during COMMIT, and the work is not ``idempotent``.
            sqlalchemy.exc.DBAPIError: if the second connection was lost too.
            PoolTimeoutError, DatabaseUnavailableError: if there was no connection to be had.
            ReadOnlyServerError: if the server takes no writes.
            DatabaseStoppedError: if :meth:`stop` has cancelled it.
            RuntimeError: before :meth:`start` and after :meth:`stop`.
        """
        if (sessions := self._work_sessions) is None:
            raise RuntimeError(f"{self!r} is not started: await start() before run(), or use 'async with'")

        running = _Running()
        self._running.add(running)
        try:
            try:
                return await _attempt(work, sessions)
            except Exception as error:
                if not _passes(error, idempotent=idempotent):
                    raise
                return await self._attempt_again(lambda: _attempt(work, sessions), error, idempotent=idempotent)
        except asyncio.CancelledError as error:
            if running.is_stopped():
                raise DatabaseStoppedError from error
            raise
        finally:
            running.end()
            self._running.discard(running)
            if not self._running:
                self._nothing_runs.set()

    async def _attempt_again[T](self, attempt: Callable[[], Awaitable[T]], lost: Exception, *, idempotent: bool) -> T:
        # The first attempt is made before the library is asked: that costs as much as half a request.
        first: list[Exception] = [lost]

        async def next_attempt() -> T:
            if first:
                raise first.pop()
            return await attempt()

        def tell(_: RetryCallState) -> None:
            self._retried += 1
            # The driver's text: SQLAlchemy's holds the statement's parameters.
            log.warning("%s; retrying once in %g s", driver_error(lost), self.settings.retry_delay)

        return await AsyncRetrying(
            retry=retry_if_exception(lambda error: _passes(error, idempotent=idempotent)),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_fixed(self.settings.retry_delay),
            before_sleep=tell,
            reraise=True,
        )(next_attempt)

    async def stop(self) -> None:
        """Wait for work in flight up to ``stop_timeout`` seconds, then cancel it; no connection is left.

        New work is refused from the beginning. What ``run`` was doing at the limit ends in ``DatabaseStoppedError``,
        and the connections of sessions that are still open are closed under them. Harmless when stopped.
        """
        self._sessions = self._work_sessions = None
        async with self._stopping:
            if self._pool is not None:
                await self._stop(self._pool)

    async def _stop(self, pool: OrderedPool) -> None:
        goodbye = _GOODBYE
        try:
            if not await self._finishes(self.settings.stop_timeout, pool):
                pool.stopped = True
                for work in self._running:
                    work.stop()
                if not await self._finishes(_GOODBYE if self._running else 0, pool) and self._through_pgbouncer:
                    goodbye = 0  # politeness would cancel queries, and PgBouncer 1.18 dies of that (its issue 801)
        finally:
            await self._close(goodbye=goodbye)

    @property
    def _through_pgbouncer(self) -> bool:
        return self.settings.prepared_statements == "off"

    async def _finishes(self, seconds: float, pool: OrderedPool) -> bool:
        try:
            async with asyncio.timeout(seconds):
                while self._running:
                    self._nothing_runs.clear()
                    await self._nothing_runs.wait()
                await pool.wait_until_unused()
        except TimeoutError:
            return False
        return True

    def stats(self) -> Stats:
        """The pool at this moment; all zero but ``size`` when it is not started."""
        if self._pool is None:
            return Stats(self.settings.max_size, 0, 0, 0, 0, self._opened, self._retried)
        held, waiting = self._pool.checkedout(), self._pool.waiting
        is_open = sum(not connection.is_closed() for connection in self._connections)
        return Stats(self._pool.places, is_open, held, max(0, is_open - held), waiting, self._opened, self._retried)

    async def _close(self, *, goodbye: float) -> None:
        engine, self._engine, pool, self._pool = self._engine, None, self._pool, None
        if engine is None or pool is None:
            return
        pool.stopped = True
        connections = list(self._connections)
        self._connections.clear()
        try:
            if goodbye:
                closing = (connection.close(timeout=goodbye) for connection in connections)
                await asyncio.gather(*closing, return_exceptions=True)
        finally:
            for connection in connections:
                connection.terminate()
            await engine.dispose()

    def _abort(self) -> None:
        for connection in list(self._connections):
            connection.terminate()

    def _note_opened(self, _: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        self._opened += 1
        if record.driver_connection is not None:
            self._connections.add(record.driver_connection)

    def _handle(self, context: ExceptionContext) -> BaseException | None:
        error = driver_error(context.original_exception)
        if isinstance(error, TimeoutError) and self.settings.patience is not None:
            return StatementTimeoutError(self.settings.patience)
        if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
            driver: Any = context.connection.connection.driver_connection if context.connection else None
            # A server that no longer takes writes is as good as lost: the next connection looks for one that does.
            context.is_disconnect = driver is not None and self._is_read_only(driver)
        return None

    def _is_read_only(self, driver: asyncpg.Connection) -> bool:
        # A transaction that its own application has made read-only is no reason, nor a server that was asked for.
        reported = driver.get_settings()
        return "target_session_attrs" not in self.settings.url.query and "on" in (
            getattr(reported, "in_hot_standby", None),
            getattr(reported, "default_transaction_read_only", None),
        )


async def _attempt[T](work: Callable[[AsyncSession], Awaitable[T]], sessions: Callable[[], _WorkSession]) -> T:
    session = sessions()
    try:
        transaction = session.sync_session.begin()  # sends nothing yet
        result = await work(session)
        await greenlet_spawn(_commit, session.sync_session, transaction)
    except BaseException as error:
        await session.__aexit__(type(error), error, error.__traceback__)  # to its end, even where this is cancelled
        raise
    return result


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Do ``work`` in a task of its own, which no cancellation of this one reaches; what cancelled it is raised then.

    SQLAlchemy's sessions close in the same way, with ``asyncio.shield``, and begin a turn of the loop later.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.Task(work, loop=loop, eager_start=True)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        ended = loop.create_future()
        task.add_done_callback(partial(_tell, ended))
        try:
            await ended
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled


def _tell(ended: asyncio.Future[None], _: asyncio.Task[None]) -> None:
    if not ended.done():
        ended.set_result(None)


def _commit(session: Session, transaction: SessionTransaction) -> None:
    """Commit and close in one go: each call into SQLAlchemy's synchronous half has its price."""
    session.flush()  # what this sends is not COMMIT yet
    try:
        transaction.commit()
    except Exception as error:
        # asyncpg's InterfaceError: the connection was known to be lost, COMMIT was not even sent.
        unsent = isinstance(driver_error(error), asyncpg.InterfaceError)
        if isinstance(error, TimeoutError) or (is_lost(error) and not unsent):
            raise CommitOutcomeUnknownError from error
        raise
    session.close()


def _passes(error: BaseException, *, idempotent: bool) -> bool:
    """Whether a second attempt is safe, and may end otherwise."""
    if isinstance(error, DatabaseUnavailableError):
        return error.cause.passes
    return is_lost(error) or (idempotent and isinstance(error, CommitOutcomeUnknownError))
