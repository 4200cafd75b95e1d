"""What a caller of :class:`schema.database.Database` gets when the database does not do what was asked.

Every text says what failed, where, why and what to do; none holds the password.
"""

from dataclasses import dataclass
from enum import Enum

from sqlalchemy.exc import TimeoutError as SQLAlchemyTimeoutError


@dataclass(frozen=True)
class _Reason:
    text: str
    remedy: str


class Cause(Enum):
    """Why no connection could be opened."""

    NAME = _Reason("the host name cannot be resolved", "Check the host in the URL (DATABASE_URL) and the resolver")
    REFUSED = _Reason("nothing listens there", "Start the server, or check host and port in the URL (DATABASE_URL)")
    UNREACHABLE = _Reason(
        "no answer: packets vanish on the way", "Check the address, the route and the firewalls on the way"
    )
    SILENT = _Reason(
        "something accepts connections there but does not answer",
        "Check that it is PostgreSQL, and neither frozen nor overloaded",
    )
    CLOSED = _Reason("the connection was closed before it was ready", "See the server's log")
    TLS = _Reason(
        "TLS was refused, or the two sides did not agree on it",
        "Check sslmode in the URL against the server's certificate and ssl",
    )
    LOGIN = _Reason("the server does not accept this user", "Check user and password in the URL, and pg_hba.conf")
    DATABASE = _Reason("there is no such database", "Create it, or check the database name in the URL (DATABASE_URL)")
    STARTING = _Reason("the server is starting up or shutting down", "Wait until it is up, then start again")
    FULL = _Reason(
        "the server has no connection left for this user",
        "Raise max_connections, run fewer or smaller pools, or put PgBouncer in front",
    )
    PROTOCOL = _Reason(
        "what answers there, probably PgBouncer, refused it without an SQLSTATE of its own",
        "Its message says why; for a startup parameter, set prepared_statements to off (DATABASE_PREPARED_STATEMENTS)",
    )
    READ_ONLY = _Reason(
        "the server is read-only: a standby, or after a failover the old primary",
        "Point the URL at the primary; where reading is enough, write target_session_attrs=any in it",
    )
    OTHER = _Reason("it was refused or could not be set up", "The message of the server or the driver says why")

    @property
    def text(self) -> str:
        """The cause in words."""
        return self.value.text

    @property
    def remedy(self) -> str:
        """What to do."""
        return self.value.remedy

    @property
    def passes(self) -> bool:
        """Whether a second later may be better: a server that restarts is, one after another, each of these."""
        return self in {Cause.REFUSED, Cause.CLOSED, Cause.STARTING}


class DatabaseUnavailableError(ConnectionError):
    """No connection could be opened; what the driver said, if anything, is the ``__cause__``.

    Attributes:
        cause: why.
        address: where: host, port and database.
    """

    def __init__(self, address: str, cause: Cause, evidence: str) -> None:
        """Say that ``address`` could not be connected to; ``evidence`` is what was seen or said."""
        self.address = address
        self.cause = cause
        super().__init__(f"Could not connect to {address}: {cause.text} ({evidence}). {cause.remedy}.")


class ReadOnlyServerError(DatabaseUnavailableError):
    """The server answers but takes no writes: after a failover, the URL still leads to the old primary."""


class PoolTimeoutError(SQLAlchemyTimeoutError):
    """All connections were in use for longer than ``acquire_timeout``.

    Attributes:
        in_use: connections that were in use when the wait ended.
        waiting: requests that were waiting then, this one included.
        seconds: how long this one waited.
    """

    def __init__(self, in_use: int, waiting: int, seconds: float) -> None:
        """Say how many hold a connection, and how many wait."""
        self.in_use = in_use
        self.waiting = waiting
        self.seconds = seconds
        requests = f"{waiting} request{'' if waiting == 1 else 's'}"
        super().__init__(
            f"No database connection was free for {seconds:.1f} s: {in_use} in use, {requests} waiting. "
            "Look for sessions that are held during other work (a call to another service, say) and for slow "
            "statements before you raise max_size (DATABASE_MAX_SIZE)"
        )


class StatementTimeoutError(TimeoutError):
    """A statement was not answered in time and its connection was closed: the server is silent, or too slow."""

    def __init__(self, seconds: float) -> None:
        """Say how long it waited."""
        super().__init__(
            f"The statement was not answered within {seconds:g} s; its connection was closed. If the server is well, "
            "make the statement faster, or raise statement_timeout (DATABASE_STATEMENT_TIMEOUT)"
        )


class CommitOutcomeUnknownError(ConnectionError):
    """The connection was lost after COMMIT was sent and before its answer came: everything is stored, or nothing.

    SQL calls this state transaction resolution unknown (SQLSTATE 08007). The driver's error is the ``__cause__``.
    """

    def __init__(self) -> None:
        """Say what is known."""
        super().__init__(
            "The connection was lost during COMMIT: the transaction was committed completely or not at all, and it is "
            "unknown which. Check whether its rows are there before you repeat it; for work that may run twice, "
            "run(work, idempotent=True) repeats it by itself"
        )


class DatabaseStoppedError(RuntimeError):
    """The database was stopped while this work was running or waiting; nothing of it was committed by ``run``."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("The database was stopped before this work finished. Repeat it after the next start()")
