"""SQLAlchemy's pool, with a line that is served in order and connections that are known to be alive."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError, InvalidatePoolError, InvalidRequestError
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util import await_only

from schema.errors import DatabaseStoppedError, PoolTimeoutError

_IDLE_SINCE = "idle since"


@dataclass(frozen=True)
class Stats:
    """A pool at one moment, and what it did since the start.

    Attributes:
        size: connections that may be open.
        open: connections that are.
        in_use: connections that sessions hold, those that are being opened for one included.
        idle: connections that wait for a session.
        waiting: requests that wait for a connection.
        opened: connections opened since the start.
        retried: times that ``run`` did work again.
    """

    size: int
    open: int
    in_use: int
    idle: int
    waiting: int
    opened: int
    retried: int


class OrderedPool(AsyncAdaptedQueuePool):
    """``AsyncAdaptedQueuePool`` whose requests are served first come, first served.

    The original lets a newcomer take a connection that was returned for somebody who waits, and sends the one who
    waited to the end of the line (``asyncio.Queue.get``). Here a place in a fair semaphore comes first.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make an empty pool; the arguments are ``AsyncAdaptedQueuePool``'s."""
        super().__init__(*args, **kwargs)
        self.places = self.size() + self._max_overflow
        self._line = asyncio.Semaphore(self.places)
        self.waiting = 0
        self.stopped = False
        self.explain: Callable[[Exception], Exception] = lambda error: error

    def connect(self) -> PoolProxiedConnection:
        """A connection that answers.

        Raises:
            PoolTimeoutError: when none was free for the pool's timeout.
            DatabaseStoppedError: when the pool was stopped.
            Exception: what ``explain`` makes of the driver's error when none could be opened.
        """
        try:
            return super().connect()
        # InvalidRequestError: two connections in a row were lost before they could be handed out.
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            raise self.explain(error) from error
        except (self._dialect.loaded_dbapi.Error, InvalidRequestError) as error:  # type: ignore[attr-defined]
            raise self.explain(error) from error

    def recreate(self) -> "OrderedPool":
        """An empty pool like this one; a stopped one stays stopped."""
        pool: Any = super().recreate()
        pool.stopped, pool.explain = self.stopped, self.explain
        return pool  # type: ignore[no-any-return]

    def _do_get(self) -> ConnectionPoolEntry:
        self._take_place()
        try:
            return self._refuse() if self.stopped else super()._do_get()
        except BaseException:
            self._line.release()
            raise

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        try:
            super()._do_return_conn(record)
        finally:
            self._line.release()

    @staticmethod
    def _refuse() -> ConnectionPoolEntry:
        raise DatabaseStoppedError

    def _take_place(self) -> None:
        if self._line.locked():
            await_only(self._wait_for_place())
        else:
            # Where a place is free, acquire() awaits nothing: its one step is made here, no greenlet is switched.
            with suppress(StopIteration):
                self._line.acquire().send(None)

    async def _wait_for_place(self) -> None:
        began = time.monotonic()
        self.waiting += 1
        try:
            async with asyncio.timeout(self.timeout()):
                await self._line.acquire()
        except TimeoutError:
            raise PoolTimeoutError(self.checkedout(), self.waiting, time.monotonic() - began) from None
        finally:
            self.waiting -= 1

    async def wait_until_unused(self) -> None:
        """Wait in line until every connection was returned, and keep all places."""
        taken = 0
        try:
            while taken < self.places:
                await self._line.acquire()
                taken += 1
        except BaseException:
            for _ in range(taken):
                self._line.release()
            raise


def note_idle(_: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    """Pool event ``checkin``: remember since when the connection has been idle."""
    record.info[_IDLE_SINCE] = time.monotonic()


class StaleCheck:
    """Pool event ``checkout``: a connection that is lost is replaced, before a session gets it.

    The session's own BEGIN is the test: it is sent here, instead of with the first statement, so that there is no round
    trip but those that there are anyway, and nothing is lost with a connection on which it fails.
    """

    def __init__(self, idle_for_long: float, timeout: float) -> None:
        """Give a connection that was idle for ``idle_for_long`` seconds up after ``timeout`` seconds without an answer.

        It may be gone without a word: a firewall that forgot it, a machine that lost its power.
        """
        self._idle_for_long = idle_for_long
        self._timeout = timeout

    def __call__(self, connection: Any, record: ConnectionPoolEntry, _: PoolProxiedConnection) -> None:
        """Raise ``DisconnectionError``, on which SQLAlchemy opens another connection, if this one is lost."""
        idle_since = record.info.get(_IDLE_SINCE)
        if idle_since is None:  # just opened
            return
        long = time.monotonic() - idle_since >= self._idle_for_long
        try:
            # SQLAlchemy's adapter has no other name for it; it sends no second BEGIN with the first statement then.
            begin = connection._start_transaction()
            await_only(asyncio.wait_for(begin, self._timeout) if long else begin)
        except TimeoutError as error:
            # What made this one silent made the others of its age silent too: none of them is waited for.
            raise InvalidatePoolError("no sign of life") from error
        except (OSError, connection.dbapi.Error) as error:
            raise DisconnectionError("lost while it was idle") from error
