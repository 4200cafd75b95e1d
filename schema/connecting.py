"""SQLAlchemy's engine for a pool as :class:`schema.settings.Settings` describes it, and how it is first filled."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, cast

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_fixed

from schema.diagnosis import cause_of, driver_error, insists_on_tls
from schema.errors import Cause, DatabaseUnavailableError, ReadOnlyServerError
from schema.network import Address, look, resolve
from schema.pool import OrderedPool, StaleCheck
from schema.settings import Settings

log = logging.getLogger("schema.database")

# Seconds between two attempts while the server starts up; each is refused at once.
_STARTING_POLL = 0.1
# Of connect_timeout: what is kept for the look at a server that did not answer, and for closing what is open.
_FOR_THE_LOOK = 0.05
_FOR_THE_END = 0.02
# Seconds by which connections are aborted after the wait for them was cancelled, so that it is that what is told.
_MOMENT = 0.005

# max_connections without those kept for administrators (manual, 19.3.1; reserved_connections came with version 16), and
# the limits of this database and this role (-1: none), which do not hold for a superuser.
_LIMITS = text("""
SELECT least(
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true), '0')::int,
    CASE WHEN NOT rolsuper THEN nullif(datconnlimit, -1) END,
    CASE WHEN NOT rolsuper THEN nullif(rolconnlimit, -1) END
) FROM pg_catalog.pg_roles, pg_catalog.pg_database WHERE rolname = current_user AND datname = current_database()
""")


def make_engine(settings: Settings) -> tuple[AsyncEngine, OrderedPool]:
    """An engine that has not connected, and its pool. Call it in the event loop that will use them."""
    engine = create_async_engine(
        settings.url,
        poolclass=OrderedPool,
        # All connections are kept, none is overflow: an overflow connection is closed when it is returned, so that
        # with 5 + 15 each wave of 20 requests would connect 15 times; with 20 + 0 it finds them open.
        pool_size=settings.max_size,
        max_overflow=0,
        pool_timeout=settings.acquire_timeout,
        pool_use_lifo=True,  # a few connections stay busy and warm; no more are opened than are needed at once
        connect_args=_connect_arguments(settings),
    )
    pool = cast("OrderedPool", engine.sync_engine.pool)
    pool.explain = lambda error: unavailable(settings, error)
    event.listen(pool, "checkout", StaleCheck(settings.idle_for_long, settings.connect_timeout))
    return engine, pool


def _connect_arguments(settings: Settings) -> dict[str, Any]:
    in_url = str(settings.url.query.get("dsn", ""))
    server: dict[str, str] = {}
    # asyncpg lets these arguments go before the URL's application_name, which somebody wrote on purpose.
    if "application_name=" not in in_url:
        server["application_name"] = settings.application_name
    arguments: dict[str, Any] = {
        "timeout": settings.connect_timeout,
        "command_timeout": settings.patience,
        "server_settings": server,
    }
    # A connection that cannot write is none after a failover. Several hosts: the one that takes writes.
    if "target_session_attrs" not in settings.url.query:
        arguments["target_session_attrs"] = "read-write"
    if settings.prepared_statements == "off":
        # asyncpg parses an unnamed statement again with each execution, and names none that another transaction, on
        # another server connection, would miss or meet.
        arguments |= {"statement_cache_size": 0, "prepared_statement_cache_size": 0}
        arguments["prepared_statement_name_func"] = str
        return arguments
    if settings.statement_timeout is not None:
        server["statement_timeout"] = _milliseconds(settings.statement_timeout)
    if settings.idle_in_transaction_timeout is not None:
        server["idle_in_transaction_session_timeout"] = _milliseconds(settings.idle_in_transaction_timeout)
    return arguments


def _milliseconds(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))}ms"  # 0 would mean: no limit


def unavailable(settings: Settings, error: Exception, cause: Cause | None = None) -> DatabaseUnavailableError:
    """What the caller is told when connecting ended in ``error``."""
    cause = cause or cause_of(error, tls=insists_on_tls(settings.url))
    said = driver_error(error)
    evidence = (
        f"no answer within {settings.connect_timeout:g} s"
        if isinstance(said, TimeoutError)
        else f"{type(said).__name__}: {said}"
    )
    kind = ReadOnlyServerError if cause is Cause.READ_ONLY else DatabaseUnavailableError
    return kind(settings.address, cause, evidence)


class Opening:
    """The start of a pool: ``min_size`` connections, all of them within ``connect_timeout`` seconds."""

    def __init__(self, engine: AsyncEngine, settings: Settings, give_up: Callable[[], None]) -> None:
        """Prepare to open connections of ``engine``; ``give_up`` aborts those that are open."""
        self._give_up = give_up
        self._engine = engine
        self._settings = settings
        self._addresses: list[Address] | None = None
        self._refusal: DatabaseUnavailableError | None = None

    async def run(self) -> None:
        """Open them, and warn where the server cannot serve all instances.

        Raises:
            DatabaseUnavailableError: if they are not all open in time; the caller closes those that are.
        """
        seconds = self._settings.connect_timeout
        limit = seconds * (1 - _FOR_THE_LOOK - _FOR_THE_END)
        # A query that is cancelled has its connection closed politely, for which a silent server would take too long.
        too_late = asyncio.get_running_loop().call_later(limit + _MOMENT, self._give_up)
        try:
            async with asyncio.timeout(limit):
                await self._resolve()
                await self._open_in_spite_of_a_start()
        except TimeoutError as error:
            raise await self._no_answer(error) from error
        except DBAPIError as error:  # lost when it was open
            raise unavailable(self._settings, error) from error
        except DatabaseUnavailableError as error:
            cause = error.__cause__
            # asyncio joins the errors of several addresses into one that says nothing of its kind.
            if self._addresses and type(cause) is OSError and cause.errno is None:
                seen = await look(self._addresses, seconds * _FOR_THE_LOOK)
                raise unavailable(self._settings, cause, seen) from cause
            raise
        finally:
            too_late.cancel()

    async def _resolve(self) -> None:
        address = self._engine.dialect.create_connect_args(self._settings.url)[1]
        hosts, ports = (
            [value] if not isinstance(value, list) else value
            for value in (address.get("host", ""), address.get("port", 5432))
        )
        addresses: list[Address] = []
        failed: Exception | None = None
        for host, port in zip(hosts, ports, strict=False):
            if host and not host.startswith("/"):  # else a Unix socket
                try:
                    addresses += await resolve(host, port)
                except (OSError, UnicodeError) as error:
                    failed = error
        if failed and not addresses:
            raise unavailable(self._settings, failed) from failed
        self._addresses = addresses

    async def _open_in_spite_of_a_start(self) -> None:
        def remember(state: RetryCallState) -> None:
            self._refusal = cast("DatabaseUnavailableError", state.outcome and state.outcome.exception())

        await AsyncRetrying(
            retry=retry_if_exception(_is_starting), wait=wait_fixed(_STARTING_POLL), before_sleep=remember, reraise=True
        )(self._open)

    async def _open(self) -> None:
        async with AsyncExitStack() as opened:
            # The first alone: it also asks for the server's version.
            first = await opened.enter_async_context(self._engine.connect())
            others = [self._engine.connect() for _ in range(self._settings.min_size - 1)]
            await _all(opened.enter_async_context, others)
            if self._settings.prepared_statements == "named":  # PgBouncer's own limits are not the server's
                await self._warn(first)

    async def _warn(self, connection: AsyncConnection) -> None:
        available = await connection.scalar(_LIMITS)
        wanted = self._settings.max_size * self._settings.instances
        if available is not None and wanted > available:
            log.warning(
                "%s has %d connections for this user, but %d instances of up to %d need %d: raise max_connections, "
                "lower max_size, or put PgBouncer in front",
                *(self._settings.address, available, self._settings.instances, self._settings.max_size, wanted),
            )

    async def _no_answer(self, error: TimeoutError) -> DatabaseUnavailableError:
        if self._refusal:
            return self._refusal
        if self._addresses is None:
            return unavailable(self._settings, error, Cause.NAME)
        seen = Cause.SILENT
        if self._addresses:
            seen = await look(self._addresses, self._settings.connect_timeout * _FOR_THE_LOOK)
        return unavailable(self._settings, error, seen)


def _is_starting(error: BaseException) -> bool:
    return isinstance(error, DatabaseUnavailableError) and error.cause is Cause.STARTING


async def _all[T](do: Callable[[T], Any], items: list[T]) -> None:
    """Do it to all at once; the first error is raised as it is, after the others have been cancelled."""
    try:
        async with asyncio.TaskGroup() as group:
            for item in items:
                group.create_task(do(item))
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
