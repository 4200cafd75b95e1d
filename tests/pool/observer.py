"""The server's own view of the connections that a pool makes, and the means to disturb them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import psycopg
from sqlalchemy import URL, text

from schema.database import Database

# The key of the advisory lock that a gated query waits for; locks are per database, so no other test meets it.
GATE = 1


class Observer:
    """Looks at the database ``name`` over a connection to another one, so that it never counts itself."""

    def __init__(self, connection: psycopg.Connection, dsn: str, name: str) -> None:
        self._connection = connection
        self._dsn = dsn
        self._name = name
        self._gates: set[int] = set()

    def connections(self) -> set[int]:
        """The backend pids of all connections to the database but the gates'."""
        rows = self._connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [self._name])
        return {pid for (pid,) in rows} - self._gates

    def count(self) -> int:
        """The number of :meth:`connections`."""
        return len(self.connections())

    def names(self) -> set[str]:
        """The application names of all connections to the database."""
        rows = self._connection.execute(
            "SELECT application_name FROM pg_stat_activity WHERE datname = %s", [self._name]
        )
        return {name for (name,) in rows}

    def waiting(self) -> int:
        """The number of connections whose query waits at a closed gate now."""
        return self._number(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = %s AND wait_event_type = 'Lock' AND wait_event = 'advisory'"
        )

    async def terminate(self) -> None:
        """Kill every connection from the server's side; return when they are gone."""
        for pid in self.connections():
            self._connection.execute("SELECT pg_terminate_backend(%s)", [pid])
        await settles(self.count, 0)

    async def sessions(self) -> int:
        """How many connections the database ever had, the gates' left out; waits until none is open.

        The count is final then: a backend reports what it has counted before it leaves pg_stat_activity (PostgreSQL
        source, ``pgstat_shutdown_hook`` runs before ``pgstat_beshutdown_hook``; version 15 or later).
        """
        open_now = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        await settles(lambda: self._number(open_now), 0)
        return self._number("SELECT sessions FROM pg_stat_database WHERE datname = %s") - len(self._gates)

    @contextmanager
    def gate(self) -> Iterator[None]:
        """Hold up every gated query inside the server until the block ends."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            self._gates.add(connection.info.backend_pid)
            connection.execute("SELECT pg_advisory_lock(%s)", [GATE])
            yield

    def _number(self, query: str) -> int:
        row = self._connection.execute(query.encode(), [self._name]).fetchone()
        assert row is not None
        return int(row[0])


async def settles[T](read: Callable[[], T], expected: T, within: float = 20.0) -> None:
    """Wait until ``read()`` returns ``expected``, at most ``within`` seconds."""
    end = asyncio.get_running_loop().time() + within
    while (found := read()) != expected:
        assert asyncio.get_running_loop().time() < end, f"{read} is {found!r} after {within} s, not {expected!r}"
        await asyncio.sleep(0.005)


async def query(database: Database) -> int:
    """One request: the backend pid that served it."""
    async with database.session() as session, session.begin():
        return int(await session.scalar(text("SELECT pg_backend_pid()")))


async def gated_query(database: Database) -> int:
    """One request that a closed gate holds up inside the server: the backend pid that served it."""
    async with database.session() as session, session.begin():
        statement = text("SELECT pg_backend_pid() FROM pg_advisory_xact_lock_shared(:gate)")
        return int(await session.scalar(statement, {"gate": GATE}))


@asynccontextmanager
async def giving_out(url: URL, after: int, *, silent: bool, delay: float = 0) -> AsyncIterator[URL]:
    """A URL by which the first ``after`` connections reach the server of ``url``, and no other does.

    Those come through ``delay`` seconds late. A further one is accepted all the same, and then closed, or never
    answered (``silent``).
    """
    accepted: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted[asyncio.current_task()] = writer
        if len(accepted) <= after:
            await asyncio.sleep(delay)
            upstream_reader, upstream_writer = await asyncio.open_connection(url.host, url.port)
            await asyncio.gather(_copy(reader, upstream_writer), _copy(upstream_reader, writer))
        else:
            if silent:
                await reader.read()
            await _close(writer)

    server = await asyncio.start_server(accept, "127.0.0.1")
    try:
        yield url.set(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for writer in accepted.values():  # a connection that was left open must not hold up the report of it
            writer.transport.abort()
        await asyncio.gather(*(handler for handler in accepted if handler))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
