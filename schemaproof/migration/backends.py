"""What the drivers know of a SQLAlchemy connection's session on the server."""

from typing import Any

from sqlalchemy import Connection

_IDLE = 0  # libpq's PQTRANS_IDLE: no transaction block


def _driver_connection(connection: Connection) -> Any:
    return connection.connection.driver_connection


def backend_pid(connection: Connection) -> int:
    """The pid of the server process that serves ``connection``."""
    driver = _driver_connection(connection)
    for name in ("get_server_pid", "get_backend_pid"):  # asyncpg; psycopg2
        if hasattr(driver, name):
            return int(getattr(driver, name)())
    return int(driver.info.backend_pid)  # psycopg


def in_transaction(connection: Connection) -> bool:
    """Whether the session is in a transaction block, as the server said when it last answered."""
    driver = _driver_connection(connection)
    if hasattr(driver, "is_in_transaction"):  # asyncpg
        return bool(driver.is_in_transaction())
    return int(driver.info.transaction_status) != _IDLE  # psycopg and psycopg2


def as_sent(connection: Connection, statement: str) -> str:
    """``statement`` as the server gets it: for some drivers SQLAlchemy doubles each percent sign."""
    return statement.replace("%%", "%") if connection.dialect.paramstyle in {"format", "pyformat"} else statement
