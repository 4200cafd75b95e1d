"""PostgreSQL's messages in the two byte streams of a connection (manual, "Message Formats").

Nothing is checked and nothing is changed: what is read here is forwarded byte by byte as it came.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum

# What else a message of a kind is, by its body.
type Besides = Callable[["Message", bytes], tuple["Message", ...]]


class Direction(StrEnum):
    """Where bytes go."""

    TO_SERVER = "to server"
    TO_CLIENT = "to client"


class Message(Enum):
    """Kinds of messages; one message can be of two kinds, as a Query that is COMMIT.

    ``COMMIT`` is a transaction's COMMIT (or END) on its way to the server, as a Query or as the Execute of a statement
    that was parsed before. ``COMMIT_COMPLETE`` is its answer, the CommandComplete with the tag COMMIT; a COMMIT of a
    transaction that has failed is answered by ROLLBACK and is not one.
    """

    STARTUP = "StartupMessage"
    SSL_REQUEST = "SSLRequest"
    GSSENC_REQUEST = "GSSENCRequest"
    CANCEL_REQUEST = "CancelRequest"
    PASSWORD = "PasswordMessage or SASL response"  # noqa: S105 (the kind of message)
    QUERY = "Query"
    PARSE = "Parse"
    BIND = "Bind"
    DESCRIBE = "Describe"
    EXECUTE = "Execute"
    CLOSE = "Close"
    FLUSH = "Flush"
    SYNC = "Sync"
    TERMINATE = "Terminate"
    COPY_DATA_IN = "CopyData to the server"
    COMMIT = "COMMIT"

    AUTHENTICATION = "Authentication"
    BACKEND_KEY_DATA = "BackendKeyData"
    PARAMETER_STATUS = "ParameterStatus"
    PARSE_COMPLETE = "ParseComplete"
    BIND_COMPLETE = "BindComplete"
    ROW_DESCRIPTION = "RowDescription"
    DATA_ROW = "DataRow"
    COPY_DATA_OUT = "CopyData to the client"
    COMMAND_COMPLETE = "CommandComplete"
    ERROR_RESPONSE = "ErrorResponse"
    NOTICE_RESPONSE = "NoticeResponse"
    READY_FOR_QUERY = "ReadyForQuery"
    COMMIT_COMPLETE = "CommandComplete of COMMIT"


_FRONTEND = {
    b"p": Message.PASSWORD,
    b"Q": Message.QUERY,
    b"P": Message.PARSE,
    b"B": Message.BIND,
    b"D": Message.DESCRIBE,
    b"E": Message.EXECUTE,
    b"C": Message.CLOSE,
    b"H": Message.FLUSH,
    b"S": Message.SYNC,
    b"X": Message.TERMINATE,
    b"d": Message.COPY_DATA_IN,
}
_BACKEND = {
    b"R": Message.AUTHENTICATION,
    b"K": Message.BACKEND_KEY_DATA,
    b"S": Message.PARAMETER_STATUS,
    b"1": Message.PARSE_COMPLETE,
    b"2": Message.BIND_COMPLETE,
    b"T": Message.ROW_DESCRIPTION,
    b"D": Message.DATA_ROW,
    b"d": Message.COPY_DATA_OUT,
    b"C": Message.COMMAND_COMPLETE,
    b"E": Message.ERROR_RESPONSE,
    b"N": Message.NOTICE_RESPONSE,
    b"Z": Message.READY_FOR_QUERY,
}
# Packets without a type byte, by the number that takes the place of the protocol version in them.
_UNTYPED = {
    80877102: Message.CANCEL_REQUEST,
    80877103: Message.SSL_REQUEST,
    80877104: Message.GSSENC_REQUEST,
}
_MAX_STARTUP = 10000  # bytes; PostgreSQL's own limit, MAX_STARTUP_PACKET_LENGTH

# END is PostgreSQL's other word for it; COMMIT PREPARED ends no transaction of this session.
_COMMIT = re.compile(rb"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:commit|end)\b(?!\s+prepared\b)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Frame:
    """One message, as it was sent; or, with no kinds, bytes of which nothing is known.

    Attributes:
        data: all its bytes, type and length included.
        kinds: what it is.
    """

    data: bytes
    kinds: tuple[Message, ...] = ()


class Framing:
    """Cuts both streams of one connection into messages.

    Attributes:
        opaque: whether nothing more can be read: the two ends have agreed on TLS or GSSAPI encryption, or what goes by
            is not PostgreSQL's protocol. Bytes are let through as they come from then on.
    """

    def __init__(self) -> None:
        self.opaque = False
        self._buffers = {direction: bytearray() for direction in Direction}
        self._started = False  # from then on the client's messages have a type byte
        self._encryption_asked = 0  # requests that the server answers with one byte
        self._commits: set[bytes] = set()  # names of prepared statements that are COMMIT
        self._commit_portals: set[bytes] = set()

    def feed(self, direction: Direction, chunk: bytes) -> list[Frame]:
        """The messages that ``chunk`` completes, in order."""
        buffer, at = self._buffers[direction], 0
        buffer += chunk
        read = self._frontend if direction is Direction.TO_SERVER else self._backend
        frames = []
        while not self.opaque and (frame := read(buffer, at)) is not None:
            at += len(frame.data)
            frames.append(frame)
        del buffer[:at]
        if self.opaque:
            frames += self.rest(direction)
        return frames

    def rest(self, direction: Direction) -> list[Frame]:
        """What has come of a message that is not complete; it is given out once."""
        data = bytes(self._buffers[direction])
        self._buffers[direction].clear()
        return [Frame(data)] if data else []

    def _frontend(self, buffer: bytearray, at: int) -> Frame | None:
        if self._started:
            return self._typed(buffer, at, _FRONTEND, self._sent)
        if len(buffer) - at < 8:
            return None
        length, version = int.from_bytes(buffer[at : at + 4]), int.from_bytes(buffer[at + 4 : at + 8])
        if not 8 <= length <= _MAX_STARTUP:
            self.opaque = True
            return None
        if len(buffer) - at < length:
            return None
        kind = _UNTYPED.get(version, Message.STARTUP)
        self._started = kind is Message.STARTUP
        self._encryption_asked += kind in {Message.SSL_REQUEST, Message.GSSENC_REQUEST}
        return Frame(bytes(buffer[at : at + length]), (kind,))

    def _backend(self, buffer: bytearray, at: int) -> Frame | None:
        answer = bytes(buffer[at : at + 1])
        if self._encryption_asked and answer in {b"S", b"G", b"N"}:
            self._encryption_asked -= 1
            self.opaque = answer != b"N"
            return Frame(answer)
        return self._typed(buffer, at, _BACKEND, self._answered)

    def _typed(self, buffer: bytearray, at: int, kinds: dict[bytes, Message], besides: Besides) -> Frame | None:
        if len(buffer) - at < 5:
            return None
        length = int.from_bytes(buffer[at + 1 : at + 5], signed=True)
        if length < 4:
            self.opaque = True
            return None
        if len(buffer) - at < 1 + length:
            return None
        data = bytes(buffer[at : at + 1 + length])
        kind = kinds.get(data[:1])
        return Frame(data, (kind, *besides(kind, data[5:])) if kind is not None else ())

    def _sent(self, kind: Message, body: bytes) -> tuple[Message, ...]:
        """What else a message of the client is; what it says of prepared statements is remembered."""
        if kind is Message.QUERY:
            commits = _COMMIT.match(body) is not None
        elif kind is Message.EXECUTE:
            commits = _strings(body, 1)[0] in self._commit_portals
        else:
            commits = False
            if kind is Message.PARSE:
                name, query = _strings(body, 2)
                _put(self._commits, name, present=_COMMIT.match(query) is not None)
            elif kind is Message.BIND:
                portal, statement = _strings(body, 2)
                _put(self._commit_portals, portal, present=statement in self._commits)
        return (Message.COMMIT,) if commits else ()

    @staticmethod
    def _answered(kind: Message, body: bytes) -> tuple[Message, ...]:
        commits = kind is Message.COMMAND_COMPLETE and body == b"COMMIT\0"
        return (Message.COMMIT_COMPLETE,) if commits else ()


def _strings(body: bytes, count: int) -> list[bytes]:
    """The first ``count`` null-terminated strings of ``body``; empty ones where there are fewer."""
    parts = body.split(b"\0", count)[:count]
    return parts + [b""] * (count - len(parts))


def _put(names: set[bytes], name: bytes, *, present: bool) -> None:
    if present:
        names.add(name)
    else:
        names.discard(name)


def error_response(sqlstate: str, message: str) -> bytes:
    """An ErrorResponse of severity FATAL, as a server sends it before it closes the connection."""
    fields = [("S", "FATAL"), ("V", "FATAL"), ("C", sqlstate), ("M", message)]
    body = b"".join(f"{code}{value}\0".encode() for code, value in fields) + b"\0"
    return b"E" + (len(body) + 4).to_bytes(4) + body
