"""What a proxy does to a connection, and when; plain values."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemaproof.traffic.wire import Direction, Frame, Message

if TYPE_CHECKING:
    from schemaproof.traffic.connection import Connection


@dataclass(frozen=True)
class Reset:
    """The client gets a RST (``SO_LINGER`` of 0 seconds), as from a machine that has forgotten the connection."""


@dataclass(frozen=True)
class Close:
    """The client gets a FIN after all that was forwarded, as from a process that has ended."""


@dataclass(frozen=True)
class HalfClose:
    """One direction ends with a FIN; what comes for it later is thrown away. The other goes on."""

    direction: Direction


@dataclass(frozen=True)
class Stall:
    """Nothing is forwarded any more and nothing is closed, as by a firewall that forgot the connection.

    Attributes:
        direction: in which direction; both for None.
    """

    direction: Direction | None = None


@dataclass(frozen=True)
class Delay:
    """Whatever has come is held for ``seconds`` before it is forwarded; what comes meanwhile waits for it."""

    seconds: float
    direction: Direction | None = None


@dataclass(frozen=True)
class Trickle:
    """At most ``size`` bytes at a time are forwarded, with ``seconds`` between two of these pieces."""

    size: int = 1
    seconds: float = 0.0
    direction: Direction | None = None


type Ending = Reset | Close
type Condition = HalfClose | Stall | Delay | Trickle


@dataclass(frozen=True)
class Bytes:
    """The point at which ``count`` bytes were forwarded in a direction since the plan was made; 0: before the next."""

    count: int
    direction: Direction


@dataclass(frozen=True)
class Cut:
    """One disturbance, at a point in what goes over the line.

    Attributes:
        at: a kind of message, or a number of bytes.
        how: what happens then. ``Reset`` and ``Close`` end the whole connection.
        occurrence: at the how manieth such message since the plan was made, of all connections that it is for.
        forwarded: whether that message itself is let through first. By default it is lost, or meets the condition.
        containing: only messages in whose bytes this text is; "" for any.
    """

    at: Message | Bytes
    how: Ending | Condition = Reset()
    occurrence: int = 1
    forwarded: bool = False
    containing: str = ""


class Planned:
    """A cut that waits for its point, or has met it.

    Attributes:
        cut: which.
        connection: which connection met it; None as long as none has.
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
        """Let it not happen any more; nothing where it is met already."""
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
