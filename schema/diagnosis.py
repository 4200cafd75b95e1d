"""What the driver's errors mean: a connection that was lost, or the reason why none could be opened."""

import socket
import ssl

import asyncpg
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from schema.errors import Cause

_CAUSES: dict[str, Cause] = {
    "08P01": Cause.PROTOCOL,
    "3D000": Cause.DATABASE,
    "28000": Cause.LOGIN,
    "28P01": Cause.LOGIN,
    "53300": Cause.FULL,
    "57P01": Cause.STARTING,
    "57P02": Cause.STARTING,
    "57P03": Cause.STARTING,
}
# The first that fits.
_KINDS: tuple[tuple[type[BaseException], Cause], ...] = (
    (asyncpg.PostgresConnectionError, Cause.CLOSED),
    (asyncpg.TargetServerAttributeNotMatched, Cause.READ_ONLY),
    (asyncpg.ClientConfigurationError, Cause.OTHER),
    (asyncpg.InterfaceError, Cause.CLOSED),
    (asyncpg.InternalClientError, Cause.CLOSED),
    (InvalidRequestError, Cause.CLOSED),  # SQLAlchemy: two in a row were lost before they could be used
    (socket.gaierror, Cause.NAME),
    (UnicodeError, Cause.NAME),
    (ssl.SSLError, Cause.TLS),
    (ConnectionRefusedError, Cause.REFUSED),
    (FileNotFoundError, Cause.REFUSED),  # no Unix socket of that name
    (TimeoutError, Cause.SILENT),
    (ConnectionError, Cause.CLOSED),
    (OSError, Cause.UNREACHABLE),
)
# Connection exceptions (manual, appendix A, class 08), and what asyncpg itself says of a connection that is gone.
_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.ReadOnlySQLTransactionError,  # counts as lost where the server is read-only, and not the transaction alone
)


def driver_error(error: BaseException) -> BaseException:
    """The driver's own error behind one of SQLAlchemy's, or ``error`` where there is none."""
    if isinstance(error, DBAPIError):
        error = error.orig or error
    return getattr(error, "driver_exception", None) or error


def is_lost(error: BaseException) -> bool:
    """Whether ``error`` came of a connection that was lost while it was used, and of nothing else."""
    return isinstance(error, DBAPIError) and error.connection_invalidated and isinstance(driver_error(error), _GONE)


def cause_of(error: BaseException, *, tls: bool) -> Cause:
    """Why connecting ended in ``error``; ``tls``: whether the URL insists on TLS."""
    error = driver_error(error)
    if isinstance(error, asyncpg.PostgresError) and (cause := _CAUSES.get(error.sqlstate or "")):
        return cause
    if tls and type(error) is ConnectionError:  # asyncpg: the server said no to TLS, or hung up
        return Cause.TLS
    return next((cause for kind, cause in _KINDS if isinstance(error, kind)), Cause.OTHER)


def insists_on_tls(url: URL) -> bool:
    """Whether ``url`` takes no connection without TLS."""
    written = f"{url.query.get('dsn', '')}&sslmode={url.query.get('ssl', '')}"
    return any(f"sslmode={mode}" in written for mode in ("require", "verify-ca", "verify-full"))
