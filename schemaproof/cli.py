"""The ``schemaproof`` command."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from schemaproof.postgres import Options, PostgresError, start

# Exit statuses, as for every subcommand (see the design): 1 is kept for what is found faulty.
_DONE = 0
_IMPOSSIBLE = 2
_INTERRUPTED = 130  # as a shell reports SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0 when it did its work and 2 when it could not (the reason is on stderr)."""
    parsed = _parser().parse_args(arguments)
    try:
        options = Options.read(
            parsed.project, provider=parsed.postgres, image=parsed.postgres_image, bindir=parsed.postgres_bindir
        )
        return _postgres(options, parsed.driver)
    except PostgresError as error:
        print(f"schemaproof: {error}", file=sys.stderr)
        return _IMPOSSIBLE
    except KeyboardInterrupt:
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="schemaproof", description="Proves a PostgreSQL schema and its migrations.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    postgres = commands.add_parser(
        "postgres",
        help="start a throwaway server, print the URL of an empty database on it, stop on Ctrl-C",
        description="Start a throwaway PostgreSQL server and print the URL of an empty database on it, alone on"
        " standard output. Ctrl-C (or SIGTERM) stops the server; nothing of it is left.",
    )
    postgres.add_argument("--project", type=Path, default=Path(), metavar="DIR", help="whose pyproject.toml counts")
    postgres.add_argument("--postgres", metavar="auto|container|embedded|URL", help="where the server is from")
    postgres.add_argument("--postgres-image", metavar="IMAGE", help="the container's image")
    postgres.add_argument("--postgres-bindir", metavar="DIR", help="the folder of the embedded server's programs")
    postgres.add_argument(
        "--driver", default="asyncpg", choices=["asyncpg", "psycopg"], help="for which the URL is (default: asyncpg)"
    )
    return parser


def _postgres(options: Options, driver: str) -> int:
    stopped = threading.Event()
    with start(options, progress=_tell) as server, server.create() as database:
        # Not before: what interrupts the start must end it, and not wait for a download.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        _tell(f"PostgreSQL {server.version_text}: {server.about}; Ctrl-C stops it")
        print(database.url(driver).render_as_string(hide_password=False), flush=True)
        stopped.wait()
    return _DONE


def _tell(text: str) -> None:
    print(f"schemaproof: {text}", file=sys.stderr, flush=True)
