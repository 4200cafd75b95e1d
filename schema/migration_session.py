"""The database session that migrations run in: its settings, and the lock that lets one deployer in at a time.

Both need a session of their own: PgBouncer's transaction mode gives each transaction another one.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

from alembic.util import CommandError
from sqlalchemy import URL, Connection, Function, NullPool, Select, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

# One number for everyone who migrates this schema; advisory locks are per database. PostgreSQL manual, 13.3.5.
DEPLOYER_LOCK = int.from_bytes(b"faceplat")
POLL_SECONDS = 0.1

SETTINGS = {
    # A name without a schema is then an error in a revision, never another application's table. And a role whose own
    # search_path is faceplate still gets every name with its schema, which Alembic's comparison relies on.
    "search_path": "",
    # While DDL waits for its lock, every later query on that table queues behind it: better fail soon and run again.
    "lock_timeout": "3s",
}
APPLICATION_NAME = "faceplate-migrations"  # where the URL or the caller has not set one

CONNECT_SECONDS = 5  # spec, edge cases: an unreachable database fails within 5 seconds

_HOLDER = text("""
    SELECT holder.pid, activity.application_name, activity.usename
    FROM pg_locks AS holder LEFT JOIN pg_stat_activity AS activity USING (pid)
    WHERE holder.locktype = 'advisory' AND holder.objsubid = 1 AND holder.granted
      AND holder.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (holder.classid::bigint << 32) | holder.objid::bigint = :key
""")


class DeployerLockError(CommandError):
    """Another deployer has been migrating the database for longer than this one may wait."""


def migration_engine(url: URL) -> AsyncEngine:
    """Return an engine for one run: a connection is closed when it is given back."""
    return create_async_engine(url, poolclass=NullPool, connect_args={"timeout": CONNECT_SECONDS})


@contextmanager
def deployer_lock(connection: Connection, seconds: float) -> Iterator[None]:
    """Hold the lock of the one who migrates, waiting for it at most ``seconds``.

    In a transaction of the caller's, the lock lasts until its end: what was migrated is not visible before.

    Raises:
        DeployerLockError: if another deployer still holds it; the message tells who, and what to do.
    """
    if connection.in_transaction():
        _take(connection, func.pg_try_advisory_xact_lock, seconds, settle=_leave_open)
        yield
        return
    _take(connection, func.pg_try_advisory_lock, seconds, settle=connection.commit)
    try:
        yield
    finally:
        _finish(connection, select(func.pg_advisory_unlock(DEPLOYER_LOCK)))


@contextmanager
def migration_settings(connection: Connection) -> Iterator[None]:
    """Give ``connection`` the settings for migrations, and its own ones back, also after a failure.

    What is still open at the end is committed, or rolled back after a failure. A transaction of the caller's is left to
    the caller; after a database error it can only be rolled back, which undoes the settings too.
    """
    in_callers_transaction = connection.in_transaction()
    dialect = connection.dialect
    default_schema = dialect.default_schema_name
    before = _settings(connection)
    try:
        mine = SETTINGS | {"application_name": before["application_name"] or APPLICATION_NAME}
        connection.execute(_setting(mine))
        # SQLAlchemy asked for it when the engine first connected; Alembic's cookbook sets the same attribute.
        dialect.default_schema_name = None
        if not in_callers_transaction:
            connection.commit()
        yield
        if not in_callers_transaction:
            connection.commit()
    except BaseException:
        if not in_callers_transaction:
            connection.rollback()
        raise
    finally:
        dialect.default_schema_name = default_schema
        if not in_callers_transaction:
            _finish(connection, _setting(before))
        else:
            with suppress(DBAPIError):
                connection.execute(_setting(before))


def _take(
    connection: Connection, lock: Callable[[int], Function[bool]], seconds: float, settle: Callable[[], None]
) -> None:
    """Take ``lock`` by polling; ``settle`` ends what each statement began.

    A session that waits inside pg_advisory_lock() holds a snapshot, which the other deployer's CREATE INDEX
    CONCURRENTLY waits for: a deadlock. The server does the sleeping, so that no event loop is blocked.
    """
    deadline = monotonic() + seconds
    while True:
        taken = connection.scalar(select(lock(DEPLOYER_LOCK)))
        settle()
        if taken:
            return
        if monotonic() >= deadline:
            refusal = _who_holds_it(connection, seconds)
            settle()
            raise DeployerLockError(refusal)
        connection.execute(select(func.pg_sleep(POLL_SECONDS)))
        settle()


def _leave_open() -> None:
    """Leave the caller's transaction as it is."""


def _settings(connection: Connection) -> dict[str, str]:
    names = [*SETTINGS, "application_name"]
    return dict(connection.execute(select(*(func.current_setting(name).label(name) for name in names))).one()._mapping)


def _setting(settings: Mapping[str, str]) -> Select[*tuple[Any, ...]]:
    return select(*(func.set_config(name, value, False) for name, value in settings.items()))


def _finish(connection: Connection, statement: Select[*tuple[Any, ...]]) -> None:
    """Run ``statement`` and commit; where the session is lost or unfit, its end does the same.

    A lost one must not be asked: SQLAlchemy would open another, and its failure would hide the reason.
    """
    if connection.invalidated:
        return
    try:
        connection.execute(statement)
        connection.commit()
    except DBAPIError:
        connection.invalidate()


def _who_holds_it(connection: Connection, seconds: float) -> str:
    holder = connection.execute(_HOLDER, {"key": DEPLOYER_LOCK}).first()
    who = (
        f"server process {holder.pid} ({holder.application_name}, user {holder.usename})" if holder else "it just ended"
    )
    remedy = f"; if it is stuck, end it with SELECT pg_terminate_backend({holder.pid})" if holder else ""
    return (
        f"Another deployer has been migrating this database for more than {seconds:g} s: {who}. "
        f"Wait for it to finish, then run this again{remedy}"
    )
