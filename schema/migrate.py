"""Migrations from inside the application, and ``python -m schema`` for the command line."""

import argparse
import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection
from sqlalchemy.exc import SQLAlchemyError

from schema import migration_session
from schema.migration_session import migration_engine
from schema.url import VARIABLE, database_url, url_from_environment

ALEMBIC_INI = Path(__file__).resolve().parent.parent / "alembic.ini"

# Alembic's `op` and `context` are globals of the process, so that a second run at the same time would send its
# statements to the first one's database.
_one_at_a_time = threading.Lock()
_POLL_SECONDS = 0.05


async def upgrade(url: str | URL, revision: str = "head") -> None:
    """Migrate the database at ``url`` to ``revision``; nothing is done where it is there already.

    For application start-up: any number of processes may call it at once, one migrates and the others wait for it.
    Cancelling it rolls back the migration that is running.

    Raises:
        ValueError: if ``url`` cannot be used.
        alembic.util.CommandError: if the revision is unknown, the role may not create the schema, or another deployer
            is still migrating after ``deployer_wait_seconds`` (alembic.ini).
        sqlalchemy.exc.SQLAlchemyError, OSError: if the database cannot be reached, or refuses a statement.
    """
    await _run(url, lambda config: command.upgrade(config, revision))


async def _run(url: str | URL, work: Callable[[Config], None]) -> None:
    engine = migration_engine(database_url(url))

    def on(connection: Connection) -> None:
        config = Config(ALEMBIC_INI, stdout=sys.stdout, attributes={"connection": connection})
        config.set_main_option("prepend_sys_path", "")  # for the alembic command, not for a process that is running
        work(config)

    # Not waited for in a thread: a cancelled wait would take the lock later and keep it.
    while not _one_at_a_time.acquire(blocking=False):  # noqa: ASYNC110 (an Event belongs to one event loop)
        await asyncio.sleep(_POLL_SECONDS)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(on)
    finally:
        _one_at_a_time.release()
        await engine.dispose()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``python -m schema`` and return its exit status: 0 done, 1 failed, with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m schema", description="Migrate Faceplate's database.")
    parser.add_argument("--url", help=f"the database URL (default: ${VARIABLE})")
    commands = parser.add_subparsers(dest="command", required=True)
    upgrade = commands.add_parser("upgrade", help="apply revisions, up to head or to REVISION")
    upgrade.add_argument("revision", metavar="REVISION", nargs="?", default="head")
    downgrade = commands.add_parser("downgrade", help="take revisions back, down to REVISION")
    downgrade.add_argument("revision", metavar="REVISION")
    commands.add_parser("current", help="show the revision that the database is at")
    options = parser.parse_args(arguments)

    works: dict[str, Callable[[Config], None]] = {
        "upgrade": lambda config: command.upgrade(config, options.revision),
        "downgrade": lambda config: command.downgrade(config, options.revision),
        "current": command.current,
    }
    logging.basicConfig(format="%(message)s")
    logging.getLogger("alembic").setLevel(logging.INFO)
    try:
        url = url_from_environment(os.environ) if options.url is None else database_url(options.url)
        asyncio.run(_run(url, works[options.command]))
    except (CommandError, OSError, SQLAlchemyError, ValueError) as error:
        print(f"{options.command} failed: {_one_line(error)}", file=sys.stderr)
        return 1
    return 0


def _one_line(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer from the database within {migration_session.CONNECT_SECONDS} s"
    # SQLAlchemy's text carries the statement, the driver's own only what is wrong.
    driver_error = getattr(error, "orig", None)
    reason = getattr(driver_error, "__cause__", None) or driver_error or error
    return " ".join(str(reason).split()) or type(error).__name__
