"""What a proxy does to a connection, and when; plain values."""

from dataclasses import dataclass

from schemaproof.traffic.wire import Direction, Message


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
        occurrence: at which such message since it was planned (1: the next), over all connections that it is for.
        forwarded: whether that message itself is forwarded first. By default it is lost, or subject to the condition.
        containing: only messages in whose bytes this text is; "" for any.
    """

    at: Message | Bytes
    how: Ending | Condition = Reset()
    occurrence: int = 1
    forwarded: bool = False
    containing: str = ""
