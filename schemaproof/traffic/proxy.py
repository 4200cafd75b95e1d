"""A TCP proxy between clients and a PostgreSQL server that really refuses, cuts, stalls, delays and loses answers."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Self

from sqlalchemy import URL, make_url

from schemaproof.postgres.ports import lasting_port
from schemaproof.traffic.connection import Connection, Planned
from schemaproof.traffic.cuts import Close, Condition, Cut, Ending, Reset
from schemaproof.traffic.swallowing import Fillers
from schemaproof.traffic.wire import Message, error_response

_HOST = "127.0.0.1"
_BACKLOG = 128
_TRIES = 3  # another process may have taken a free port since it was looked at
_RESET = Reset()
_CLOSE = Close()

# What is done with a connection that was accepted.
type _Serve = Callable[[Connection], Coroutine[None, None, None]]


class Proxy:
    """A proxy at a port of its own on 127.0.0.1, as an async context manager; at its end nothing of it is left.

    How new connections are met (:meth:`forward`, :meth:`refuse`, ...) and what happens to those that are open
    (:meth:`cut_all`, :meth:`disturb_all`) are separate things: to cut what is open lets new ones through.

    It works in the event loop that it was entered in: a client of the same loop must not block it.

    Args:
        url: of the server; host and port, or a Unix socket's folder as ``host`` in the query, are where it is.

    Attributes:
        accepted: how many connections were accepted.
        most_open: how many of them were open at the same time, at most.
        messages: how many messages of each kind came over all connections.
    """

    def __init__(self, url: URL | str) -> None:
        self._url = make_url(url)
        self.accepted = 0
        self.most_open = 0
        self._closed_messages: Counter[Message] = Counter()
        self._connections: dict[asyncio.Task[None], Connection] = {}
        self._plans: list[Planned] = []
        self._defects: list[BaseException] = []
        self._port = 0
        self._holder: socket.socket | None = None  # keeps the port while nobody listens there
        self._listener: socket.socket | None = None
        self._fillers: Fillers | None = None
        self._changed = asyncio.Event()
        self._serve: _Serve = self._forwarding(())
        self._spared = 0  # how many are still served by _serve before _later takes its place
        self._later: _Serve | None = None

    @classmethod
    def to(cls, url: URL | str) -> Self:
        """A proxy to the server of ``url``."""
        return cls(url)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        for left in reversed(range(_TRIES)):
            self._port = lasting_port()
            try:
                self._holder = _bound(self.address)
            except OSError:
                if not left:
                    raise
            else:
                break
        self.forward()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refuse()
        tasks = list(self._connections)
        await self.cut_all(Close())
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._holder is not None:
            self._holder.close()
        if self._defects and error is None:
            raise ExceptionGroup("the proxy failed", [each for each in self._defects if isinstance(each, Exception)])

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, or would."""
        return _HOST, self._port

    def url(self, url: URL | str | None = None) -> URL:
        """``url`` (by default the server's) with the proxy in the place of the server."""
        direct = self._url if url is None else make_url(url)
        return direct.set(host=_HOST, port=self._port).difference_update_query(["host", "port"])

    def dsn(self, url: URL | str | None = None) -> str:
        """:meth:`url` for libpq and asyncpg, password included."""
        return self.url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    @property
    def connections(self) -> tuple[Connection, ...]:
        """Those that are open, in the order in which they were accepted."""
        return tuple(connection for task, connection in self._connections.items() if not task.done())

    @property
    def messages(self) -> Counter[Message]:
        """How many of each kind have come over all connections, those that were cut included."""
        return sum((each.messages for each in self._connections.values()), self._closed_messages.copy())

    async def until(self, fact: Callable[[], bool], within: float = 20.0) -> None:
        """Return when ``fact()`` is true; it is asked whenever something came, went or changed here.

        Raises:
            TimeoutError: when it is not true ``within`` so many seconds.
        """
        async with asyncio.timeout(within):
            while not fact():
                await self._changed.wait()

    # What is open.

    def plan(self, cut: Cut) -> Planned:
        """Schedule ``cut``, once: for the connection, open or new, that reaches its point first."""
        planned = Planned(cut, self._withdraw)
        self._plans.append(planned)
        return planned

    async def cut_all(self, how: Ending = _RESET) -> None:
        """End all open connections; returns when their sockets are closed. New ones are treated as before."""
        await asyncio.gather(*(connection.cut(how) for connection in self.connections))

    def disturb_all(self, condition: Condition) -> None:
        """Apply ``condition`` to all open connections."""
        for connection in self.connections:
            connection.disturb(condition)

    def restore_all(self) -> None:
        """Take back all stalls, delays and trickles of open connections."""
        for connection in self.connections:
            connection.restore()

    # What is new.

    def forward(self, *conditions: Condition) -> None:
        """New connections reach the server, under ``conditions`` from their first byte on."""
        self._listen(self._forwarding(conditions))

    def refuse(self) -> None:
        """New connections are refused: the port is closed, and stays the proxy's."""
        self._stop_listening()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._fillers is not None:
            self._fillers.close()
            self._fillers = None

    def swallow(self) -> None:
        """Connecting hangs: packets for a new connection are dropped. Linux only."""
        if self._fillers is None:
            self._open()
            self._stop_listening()
            assert self._listener is not None  # noqa: S101 (it was opened)
            self._fillers = Fillers(self._listener)

    def accept_silently(self, *, after: int = 0) -> None:
        """New connections are accepted and never answered.

        Args:
            after: how many are still treated as before.
        """
        self._listen(Connection.stay_silent, after)

    def hang_up(self, how: Ending = _CLOSE, *, after: int = 0) -> None:
        """New connections are accepted, and ended when the client has sent its startup message."""
        self._listen(lambda connection: connection.answer(b"", how), after)

    def reject(self, sqlstate: str, message: str, *, after: int = 0) -> None:
        """New connections are answered with a FATAL error, as 57P03 "the database system is starting up"."""
        answer = error_response(sqlstate, message)
        self._listen(lambda connection: connection.answer(answer, Close()), after)

    # How it works.

    def _forwarding(self, conditions: tuple[Condition, ...]) -> _Serve:
        async def serve(connection: Connection) -> None:
            for condition in conditions:
                connection.disturb(condition)
            await connection.forward(self._connect)

        return serve

    def _listen(self, serve: _Serve, after: int = 0) -> None:
        self._spared, self._later = (after, serve) if after else (0, None)
        if not after:
            self._serve = serve
        self._open()

    def _open(self) -> None:
        if self._listener is None:
            self._listener = _bound(self.address)
            self._listener.setblocking(False)
        self._listener.listen(_BACKLOG)
        if self._fillers is not None:
            while self._accept():
                pass  # the queue, with the fillers in it
            self._fillers.close()
            self._fillers = None
        self._loop.add_reader(self._listener, self._accept)

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._loop.remove_reader(self._listener)

    def _accept(self) -> bool:
        """Whether somebody was there to be accepted."""
        assert self._listener is not None  # noqa: S101 (its reader is removed before it is closed)
        try:
            client, address = self._listener.accept()
        except OSError:
            return False  # who wanted to come is gone
        if self._fillers is not None and address in self._fillers:
            client.close()
            return True
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.accepted += 1
        connection = Connection(self.accepted, client, lambda: self._plans, self._tell)
        task = connection.start(self._next()(connection))
        self._connections[task] = connection
        task.add_done_callback(self._forget)
        self.most_open = max(self.most_open, len(self.connections))
        self._tell()
        return True

    def _next(self) -> _Serve:
        """How the connection that has just come is served."""
        if self._later is not None:
            if self._spared == 0:
                self._serve, self._later = self._later, None
            self._spared -= 1
        return self._serve

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._closed_messages.update(self._connections.pop(task).messages)
        defect = None if task.cancelled() else task.exception()
        if defect is not None:
            self._defects.append(defect)
        self._tell()

    async def _connect(self) -> socket.socket:
        folder = self._url.query.get("host", "") or self._url.host or "localhost"
        port = int(str(self._url.port or self._url.query.get("port", 5432)))
        assert isinstance(folder, str)  # noqa: S101 (one server)
        if folder.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            address: str | tuple[str, int] = f"{folder}/.s.PGSQL.{port}"
        else:
            server = socket.socket()
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            address = (folder, port)
        server.setblocking(False)
        try:
            await self._loop.sock_connect(server, address)
        except BaseException:
            server.close()
            raise
        return server

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _withdraw(self, planned: Planned) -> None:
        if planned in self._plans:
            self._plans.remove(planned)


def _bound(address: tuple[str, int]) -> socket.socket:
    """A socket at ``address``, which it shares with such sockets alone: while one is open, the port is nobody else's.

    SO_REUSEADDR would let others have the port wherever none of all listens (Linux: socket(7)).
    """
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made
