"""The application's connections to PostgreSQL: one pool, opened at the start, closed at the end.

Source: spec FR-005, user story 2 and edge cases.
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Self

from sqlalchemy import URL, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from schema.url import database_url

# What pg_stat_activity shows for these connections, unless the URL names them otherwise.
APPLICATION_NAME = "faceplate"


class DatabaseUnavailableError(ConnectionError):
    """No connection could be opened at the start; the driver's own error is the ``__cause__``."""


class Database:
    """Sessions on a pool of between ``min_size`` and ``max_size`` connections to one PostgreSQL database.

    >>> async with Database("postgresql://user:password@localhost/faceplate") as database:  # doctest: +SKIP
    ...     async with database.session() as session, session.begin():
    ...         await session.execute(...)
    """

    def __init__(
        self,
        url: str | URL,
        *,
        min_size: int = 5,
        max_size: int = 20,
        pool_timeout: float = 30.0,
        connect_timeout: float = 5.0,
    ) -> None:
        """Check the settings; nothing is connected before :meth:`start`.

        Args:
            url: what :func:`schema.url.database_url` takes.
            min_size: connections that :meth:`start` opens (FR-005).
            max_size: connections that are open at once, at most (FR-005).
            pool_timeout: seconds that a request waits for a free connection (edge case "pool is exhausted").
            connect_timeout: seconds for :meth:`start`, and for every connection opened later (edge case "unreachable
                at startup").

        Raises:
            ValueError: on a URL or a setting that cannot work.
        """
        if not 0 < min_size <= max_size:
            raise ValueError(f"min_size must be from 1 to max_size: got min_size={min_size}, max_size={max_size}")
        for name, seconds in (("pool_timeout", pool_timeout), ("connect_timeout", connect_timeout)):
            if not seconds > 0:
                raise ValueError(f"{name} must be more than 0 seconds: got {seconds}")
        self._url = database_url(url)
        self._min_size = min_size
        self._max_size = max_size
        self._pool_timeout = pool_timeout
        self._connect_timeout = connect_timeout
        self._engine: AsyncEngine | None = None
        self._sessions: async_sessionmaker[AsyncSession] | None = None

    def __repr__(self) -> str:
        """Return address and pool sizes, without the password."""
        return f"Database({self._address!r}, min_size={self._min_size}, max_size={self._max_size})"

    async def __aenter__(self) -> Self:
        """Start, and return this database."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    async def start(self) -> None:
        """Open ``min_size`` connections (user story 2, scenario 1).

        Raises:
            DatabaseUnavailableError: if they are not all open within ``connect_timeout`` seconds; none is left then.
            RuntimeError: if this database is started already.
        """
        if self._engine is not None:
            raise RuntimeError(f"{self!r} is started already: call start() once, or stop() before the next start()")
        engine = self._engine = self._make_engine()
        try:
            async with asyncio.timeout(self._connect_timeout), AsyncExitStack() as opened:
                for _ in range(self._min_size):
                    await opened.enter_async_context(engine.connect())
        except (OSError, SQLAlchemyError) as err:
            await self.stop()
            raise DatabaseUnavailableError(self._diagnosis(err)) from err
        except BaseException:  # cancelled, or an error of ours: as little may stay open
            await self.stop()
            raise
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)

    def session(self) -> AsyncSession:
        """Return a new session, which takes a connection at its first statement and returns it when it is closed.

        That statement raises ``sqlalchemy.exc.TimeoutError`` when no connection was free for ``pool_timeout`` seconds.
        Objects stay readable after a commit (``expire_on_commit=False``): a reload could not be awaited.

        Raises:
            RuntimeError: before :meth:`start` and after :meth:`stop`.
        """
        if self._sessions is None:
            raise RuntimeError(f"{self!r} is not started: await start() before session(), or use 'async with'")
        return self._sessions()

    async def stop(self) -> None:
        """Close the free connections now, and each one in use as soon as its session ends. Harmless when stopped."""
        engine, self._engine, self._sessions = self._engine, None, None
        if engine is not None:
            await engine.dispose()

    def _make_engine(self) -> AsyncEngine:
        # asyncpg lets this argument go before the URL's application_name, which somebody wrote on purpose.
        named = "application_name=" in str(self._url.query.get("dsn", ""))
        engine = create_async_engine(
            self._url,
            # All connections are kept, none is overflow: an overflow connection is closed when it is returned, so that
            # with 5 + 15 each wave of 20 requests would connect 15 times; with 20 + 0 it finds them open.
            pool_size=self._max_size,
            max_overflow=0,
            pool_timeout=self._pool_timeout,
            pool_pre_ping=True,  # a stale connection is replaced before it is handed out (user story 2, scenario 3)
            connect_args={
                "timeout": self._connect_timeout,
                "server_settings": {} if named else {"application_name": APPLICATION_NAME},
            },
        )

        @event.listens_for(engine.sync_engine, "checkin")
        def close_after_stop(_: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
            # dispose() leaves what is in use to its pool, which would keep it open for a request that never comes.
            if self._engine is not engine:
                record.invalidate()

        return engine

    @property
    def _address(self) -> str:
        # Several hosts are written in the query; whatever else is there is nobody's business.
        hosts = {name: value for name, value in self._url.query.items() if name in {"host", "port"}}
        return self._url.set(query=hosts).render_as_string(hide_password=True)

    def _diagnosis(self, err: Exception) -> str:
        cause = getattr(err, "orig", None) or err  # SQLAlchemy's wrapper adds a link to its own manual
        evidence = "no answer" if isinstance(cause, TimeoutError) else f"{type(cause).__name__}: {cause}"
        return (
            f"Could not open {self._min_size} connections to {self._address} within {self._connect_timeout:g} s: "
            f"{evidence}. Check that the server runs and accepts this user, and the URL (DATABASE_URL)"
        )
