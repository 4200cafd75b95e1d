"""How long a throwaway server and a fresh migrated database take, beside the ways that they replace.

Every line is a median of one run on one machine, with the ratio to its baseline. Goals (issue 2, section 3): a ready
embedded server in at most 100 ms with a warm cache, a fresh migrated database in at most 20 ms.
"""

import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from schemaproof.postgres import Database, Options, PostgresError, Server, binaries, container, embedded, engine, start
from schemaproof.postgres.owner import Owner

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from schema.migrate import upgrade  # noqa: E402 (the application is not installed, it runs from this folder)

OWNER = Owner.current()


def median(action: Callable[[], object], times: int) -> float:
    """Milliseconds that ``action`` takes, the median of ``times``."""
    taken = []
    for done in range(times):
        print(f"\r  {action.__name__} {done + 1}/{times}\x1b[K", end="", file=sys.stderr, flush=True)
        begin = time.perf_counter()
        action()
        taken.append((time.perf_counter() - begin) * 1e3)
    print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return statistics.median(taken)


def show(what: str, milliseconds: float, baseline: float | None = None) -> None:
    """One line of the table."""
    ratio = "" if baseline is None else f"   {milliseconds / baseline:5.2f} of the line above it"
    print(f"{what:<58}{milliseconds:8.1f} ms{ratio}", flush=True)


def servers() -> None:
    """Embedded: with initdb every time, and from the archive."""
    found = binaries.find(None)
    # Stopping is not part of it: the servers are collected and stopped afterwards.
    running: list[embedded.Embedded] = []

    def with_initdb() -> None:
        with tempfile.TemporaryDirectory() as cache:
            running.append(embedded.start(found, OWNER, Path(cache)))

    def from_archive() -> None:
        running.append(embedded.start(found, OWNER))

    from_archive()  # the cache is warm from here on
    cold, warm = median(with_initdb, 5), median(from_archive, 15)
    for server in running:
        server.stop()
    show(f"embedded {found.version}, ready, initdb every time", cold)
    show(f"embedded {found.version}, ready, cache warm", warm, cold)


def containers(image: str) -> None:
    """A container by testcontainers alone, and ours.

    Raises:
        PostgresError: where there is no engine, or no image.
    """
    with engine.errors_told(), contextlib.closing(engine.connect()) as client:  # testcontainers' own errors tell less
        container.ensure_image(client, image, print)
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 (need not be installed)
    from testcontainers.core.config import testcontainers_config  # noqa: PLC0415 (need not be installed)

    running: list[container.Container | PostgresContainer] = []

    def by_testcontainers() -> None:
        running.append(PostgresContainer(image).start())

    def ours() -> None:
        running.append(container.start(image, OWNER, print))

    testcontainers_config.ryuk_disabled = True
    theirs, mine = median(by_testcontainers, 3), median(ours, 5)
    for server in running:
        server.stop()
    show(f"container {image}, ready, testcontainers' own", theirs)
    show(f"container {image}, ready", mine, theirs)


def databases(name: str, server: Server) -> None:
    """A migrated database: by running the migrations, and by cloning the template."""

    def migrate(database: Database) -> None:
        asyncio.run(upgrade(database.url()))

    template = server.template(["bench"], migrate)

    def migrated() -> None:
        migrate(server.create())

    def cloned() -> None:
        server.clone(template)

    slow, fast = median(migrated, 5), median(cloned, 20)
    show(f"{name}, a migrated database by migrating", slow)
    show(f"{name}, a migrated database by cloning", fast, slow)


def main() -> None:
    """Print the table."""
    image = Options.read(ROOT).image
    print(f"load {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores")
    servers()
    with start(Options(provider="embedded")) as server:
        databases("embedded", server)
    try:
        containers(image)
        with start(Options(provider="container", image=image)) as server:
            databases("container", server)
    except PostgresError as error:
        print(f"no container measured: {error.cause.rstrip('.')}. {error.remedy}")


if __name__ == "__main__":
    main()
