"""One connection through the proxy: two pumps between two sockets, and what is done to them."""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from schemaproof.traffic.cuts import Bytes, Close, Condition, Cut, Delay, Ending, HalfClose, Reset, Stall, Trickle
from schemaproof.traffic.wire import Direction, Frame, Framing, Message

_CHUNK = 65536  # bytes
_RESET = Reset()

# What connects to the server.
type Connect = Callable[[], Awaitable[socket.socket]]


# The plans that are not met yet.
class Planned:
    """A cut that waits for its point, or has met it.

    Attributes:
        cut: which.
        connection: the one that reached it; None until one does.
    """

    def __init__(self, cut: Cut, withdraw: Callable[["Planned"], None]) -> None:
        self.cut = cut
        self.connection: Connection | None = None
        self._withdraw = withdraw
        self._met = asyncio.Event()
        self._left = cut.at.count if isinstance(cut.at, Bytes) else cut.occurrence

    @property
    def met(self) -> bool:
        """Whether its point has been reached."""
        return self._met.is_set()

    async def wait(self, within: float = 20.0) -> None:
        """Return when it is met.

        Raises:
            TimeoutError: when it is not ``within`` so many seconds.
        """
        try:
            async with asyncio.timeout(within):
                await self._met.wait()
        except TimeoutError:
            raise TimeoutError(f"{self.cut} was not met within {within} s") from None

    def withdraw(self) -> None:
        """Cancel it; no effect if it has happened."""
        self._withdraw(self)

    def happened(self, connection: "Connection") -> None:
        """``connection`` has met it."""
        self.connection = connection
        self._met.set()

    def point_in(self, frame: Frame, direction: Direction) -> int | None:
        """How many bytes of ``frame`` go before it happens, which is then no longer planned; None for not there."""
        point = self._bytes(frame, direction) if isinstance(self.cut.at, Bytes) else self._message(frame)
        if point is not None:
            self._withdraw(self)
        return point

    def _bytes(self, frame: Frame, direction: Direction) -> int | None:
        assert isinstance(self.cut.at, Bytes)  # noqa: S101 (by the caller)
        if direction is not self.cut.at.direction:
            return None
        left, self._left = self._left, self._left - len(frame.data)
        return left if left <= len(frame.data) else None

    def _message(self, frame: Frame) -> int | None:
        if self.cut.at not in frame.kinds or self.cut.containing.encode() not in frame.data:
            return None
        self._left -= 1
        if self._left:
            return None
        return len(frame.data) if self.cut.forwarded else 0


type Plans = Callable[[], Iterable[Planned]]


@dataclass
class _Line:
    """One direction of a connection: under which conditions bytes go there."""

    clear: asyncio.Event = field(default_factory=asyncio.Event)  # no Stall
    delay: float = 0.0
    trickle: Trickle | None = None


class Connection:
    """A client's connection.

    Attributes:
        number: its number among those that the proxy accepted, from 1.
        messages: how many of each kind have come from both ends, those that were cut included.
        forwarded: how many bytes were passed on, by direction.
        error: why the server could not be reached; None if it was.
    """

    def __init__(self, number: int, client: socket.socket, plans: Plans, told: Callable[[], None]) -> None:
        self.number = number
        self.messages: Counter[Message] = Counter()
        self.forwarded: Counter[Direction] = Counter()
        self.error: OSError | None = None
        self._client = client
        self._server: socket.socket | None = None
        self._told = told
        self._others_plans = plans
        self._plans: list[Planned] = []
        self._framing = Framing()
        self._lines = {direction: _Line() for direction in Direction}
        self._loop = asyncio.get_running_loop()
        self._ending: asyncio.Future[Ending] = self._loop.create_future()
        self._task: asyncio.Task[None] | None = None
        self.restore()

    def __repr__(self) -> str:
        state = "open" if self.is_open else "closed"
        return f"<Connection {self.number}, {state}, {self.forwarded.total()} bytes>"

    @property
    def is_open(self) -> bool:
        """Whether the proxy still holds it."""
        return self._task is not None and not self._task.done()

    @property
    def opaque(self) -> bool:
        """Whether its messages can't be read, as after an agreement on TLS: then no cut at a message is met."""
        return self._framing.opaque

    def plan(self, cut: Cut) -> Planned:
        """Schedule ``cut`` for this connection, once."""
        planned = Planned(cut, self._withdraw)
        self._plans.append(planned)
        return planned

    async def cut(self, how: Ending = _RESET) -> None:
        """End it now; returns when both of its sockets are closed."""
        self.end(how)
        if self._task is not None:
            await asyncio.wait([self._task])

    def disturb(self, condition: Condition) -> None:
        """Apply ``condition`` from now on, on top of those in force."""
        if isinstance(condition, HalfClose):
            self._shut(condition.direction)
            return
        for direction in Direction:
            if condition.direction in {None, direction}:
                line = self._lines[direction]
                match condition:
                    case Stall():
                        line.clear.clear()
                    case Delay(seconds):
                        line.delay = seconds
                    case Trickle():
                        line.trickle = condition

    def restore(self) -> None:
        """Take back all stalls, delays and trickles; what waited is forwarded. A half that is closed stays closed."""
        for line in self._lines.values():
            line.clear.set()
            line.delay, line.trickle = 0.0, None

    # What follows is the proxy's side of it.

    def start(self, work: Awaitable[None]) -> asyncio.Task[None]:
        """The task of the connection, which does ``work`` until the connection is to end."""
        self._task = asyncio.create_task(self._run(work), name=f"proxied connection {self.number}")
        return self._task

    def end(self, how: Ending) -> None:
        """Let it end soon; the first who says so decides how."""
        if not self._ending.done():
            self._ending.set_result(how)

    async def forward(self, connect: Connect) -> None:
        """Connect to the server and pass on what comes, until both ends have said their last or one is lost."""
        try:
            self._server = await connect()
        except OSError as error:
            self.error = error
            self.end(Reset())
            return
        async with asyncio.TaskGroup() as pumps:
            pumps.create_task(self._pump(Direction.TO_SERVER, self._client, self._server))
            pumps.create_task(self._pump(Direction.TO_CLIENT, self._server, self._client))
        self.end(Close())

    async def stay_silent(self) -> None:
        """Take what the client says until it goes, and never answer."""
        with suppress(OSError):
            while await self._loop.sock_recv(self._client, _CHUNK):
                pass
        self.end(Close())

    async def answer(self, answer: bytes, how: Ending) -> None:
        """Give ``answer`` to the client's startup message, and end."""
        with suppress(OSError):
            while chunk := await self._loop.sock_recv(self._client, _CHUNK):
                for frame in self._framing.feed(Direction.TO_SERVER, chunk):
                    self.messages.update(frame.kinds)
                    if Message.STARTUP in frame.kinds or not frame.kinds:
                        await self._loop.sock_sendall(self._client, answer)
                        self.end(how)
                        return
                    await self._loop.sock_sendall(self._client, b"N")  # no encryption
        self.end(how)

    async def _run(self, work: Awaitable[None]) -> None:
        working = asyncio.ensure_future(work)
        # Where it fails, which is a defect of the proxy, the connection ends, and who ends the proxy hears of it.
        working.add_done_callback(lambda _: self.end(Reset()))
        try:
            how = await self._ending
            working.cancel()
            await asyncio.wait([working])
            self._close(how)
        finally:
            self._client.close()
            if self._server is not None:
                self._server.close()
        if not working.cancelled():
            working.result()

    async def _pump(self, direction: Direction, source: socket.socket, sink: socket.socket) -> None:
        line = self._lines[direction]
        while True:
            try:
                chunk = await self._loop.sock_recv(source, _CHUNK)
            except OSError:
                await line.clear.wait()  # who is behind a line that forwards nothing does not learn of it
                self.end(Reset())
                return
            frames = self._framing.feed(direction, chunk) if chunk else self._framing.rest(direction)
            if not await self._pass_on(direction, frames, sink):
                return
            if not chunk:
                await line.clear.wait()
                self._shut(direction)
                return

    async def _pass_on(self, direction: Direction, frames: list[Frame], sink: socket.socket) -> bool:
        """Forward ``frames`` up to where a cut ends it all; whether there is none."""
        if self._ending.done():
            return False  # the server's answer to the last that it got can be here before the other pump is stopped
        unsent = bytearray()
        for frame in frames:
            self.messages.update(frame.kinds)
            at = 0
            for point, planned in self._met(frame, direction):
                unsent += frame.data[at:point]
                at = point
                await self._send(direction, bytes(unsent), sink)
                unsent.clear()
                how = planned.cut.how
                planned.happened(self)  # who waits for it goes on after the next line
                if isinstance(how, Reset | Close):
                    self.end(how)
                    return False
                self.disturb(how)
            unsent += frame.data[at:]
        self._told()
        await self._send(direction, bytes(unsent), sink)
        self._told()
        return True

    def _met(self, frame: Frame, direction: Direction) -> list[tuple[int, Planned]]:
        plans = [*self._plans, *self._others_plans()]
        points = [(planned.point_in(frame, direction), planned) for planned in plans]
        return sorted(((at, planned) for at, planned in points if at is not None), key=lambda pair: pair[0])

    async def _send(self, direction: Direction, data: bytes, sink: socket.socket) -> None:
        line = self._lines[direction]
        while data and not self._ending.done():
            await line.clear.wait()
            if line.delay:
                await asyncio.sleep(line.delay)
            trickle = line.trickle
            piece, data = (data[: trickle.size], data[trickle.size :]) if trickle else (data, b"")
            try:
                await self._loop.sock_sendall(sink, piece)
            except OSError:
                return  # half closed, or lost: what it said before that is still to be read by the other pump
            self.forwarded[direction] += len(piece)
            if trickle and data:
                await asyncio.sleep(trickle.seconds)

    def _shut(self, direction: Direction) -> None:
        sink = self._client if direction is Direction.TO_CLIENT else self._server
        if sink is not None:
            with suppress(OSError):  # it is gone
                sink.shutdown(socket.SHUT_WR)

    def _close(self, how: Ending) -> None:
        if isinstance(how, Reset):
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        # First, as a socket that is closed while something of the client is unread sends a RST.
        self._shut(Direction.TO_CLIENT)

    def _withdraw(self, planned: Planned) -> None:
        with suppress(ValueError):
            self._plans.remove(planned)
