"""SQLAlchemy's pool, with a line that is served in order and connections that are known to be alive."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy.exc import DisconnectionError, InvalidatePoolError, InvalidRequestError
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util import await_only
from sqlalchemy.util.queue import Empty, Full, QueueCommon

from schema.errors import DatabaseStoppedError, PoolTimeoutError
from schema.line import Line

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


class _Idle(QueueCommon[ConnectionPoolEntry]):
    """Connections that wait for a session, the last returned first. Nobody waits here: who gets so far has a place."""

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:
        self.maxsize = maxsize
        self.use_lifo = use_lifo
        self._entries: list[ConnectionPoolEntry] = []

    def put(self, item: ConnectionPoolEntry, *_: object) -> None:
        if len(self._entries) >= self.maxsize:
            raise Full
        self._entries.append(item)

    def get(self, *_: object) -> ConnectionPoolEntry:
        if not self._entries:
            raise Empty
        return self._entries.pop()

    def qsize(self) -> int:
        return len(self._entries)


class OrderedPool(AsyncAdaptedQueuePool):
    """``AsyncAdaptedQueuePool`` whose requests are served first come, first served.

    The original lets a newcomer take a connection that was returned for somebody who waits, and sends the one who
    waited to the end of the line (``asyncio.Queue.get``). Here a place in a fair line comes first.
    """

    _queue_class = _Idle

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make an empty pool; the arguments are ``AsyncAdaptedQueuePool``'s."""
        super().__init__(*args, **kwargs)
        self.places = self.size() + self._max_overflow
        self._line = Line(self.places, self.timeout())
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
        if not self._line.take():
            self._wait_for_place()
        try:
            return self._refuse() if self.stopped else super()._do_get()
        except BaseException:
            self._line.give_back()
            raise

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        record.info[_IDLE_SINCE] = time.monotonic()
        try:
            super()._do_return_conn(record)
        finally:
            self._line.give_back()

    @staticmethod
    def _refuse() -> ConnectionPoolEntry:
        raise DatabaseStoppedError

    def _wait_for_place(self) -> None:
        began = time.monotonic()
        self.waiting += 1
        place = self._line.join()
        try:
            await_only(place)
        except TimeoutError:
            raise PoolTimeoutError(self.checkedout(), self.waiting, time.monotonic() - began) from None
        except BaseException:
            self._line.leave(place)
            raise
        finally:
            self.waiting -= 1

    async def wait_until_unused(self) -> None:
        """Wait in line until every connection was returned, and keep all places."""
        places: list[asyncio.Future[None]] = []
        try:
            while len(places) < self.places:
                places.append(self._line.join(patiently=True))
                await places[-1]
        except BaseException:
            for place in places:
                self._line.leave(place)
            raise


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
