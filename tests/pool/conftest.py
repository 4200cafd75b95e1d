"""A started pool on a database of its own, an observer of that database, and a way to it that can be cut."""

import dataclasses
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest

from schema.database import Database
from schema.settings import Settings
from schemaproof.postgres import Database as ThrowawayDatabase
from schemaproof.postgres import Server
from schemaproof.traffic.pgbouncer import PgBouncer, start_pgbouncer
from schemaproof.traffic.proxy import Proxy
from schemaproof.traffic.server import ServerObserver
from tests.pool.asking import LEDGER
from tests.pool.bouncing import observe, through
from tests.pool.faults import FAULT

THROUGH = "--through-pgbouncer"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests that are told to come here by path go through PgBouncer."""
    parser.addoption(THROUGH, action="store_true", help="run the pool tests through a PgBouncer of their own")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker of what PgBouncer legitimately changes."""
    config.addinivalue_line(
        "markers",
        "not_through_pgbouncer(reason, before=None): not a fact behind PgBouncer, or not before that version",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what waits for half a minute begin first: the others are done meanwhile."""
    items.sort(key=lambda item: "test_thirty_seconds" not in item.nodeid)


@pytest.fixture(scope="session")
def bouncer(request: pytest.FixtureRequest) -> Iterator[PgBouncer | None]:
    """The PgBouncer that the tests go through, if they do."""
    if not request.config.getoption(THROUGH, default=False):
        yield None
        return
    server: Server = request.getfixturevalue("postgres_server")
    with start_pgbouncer(server.url) as bouncer:
        yield bouncer


@pytest.fixture(autouse=True)
def facts_behind_pgbouncer(request: pytest.FixtureRequest, bouncer: PgBouncer | None) -> None:
    """Skip what PgBouncer changes, with the reason."""
    for mark in request.node.iter_markers("not_through_pgbouncer"):
        before = mark.kwargs.get("before")
        if bouncer is not None and (before is None or bouncer.version < before):
            pytest.skip(f"behind PgBouncer: {mark.args[0]}")


@pytest.fixture(scope="module", autouse=True)
def one_setting(request: pytest.FixtureRequest) -> Iterator[None]:
    """What an application changes behind PgBouncer, in all of a module's tests: ``prepared_statements="off"``."""
    defaults = {each.name: each.default for each in dataclasses.fields(Settings) if each.name != "url"}
    with pytest.MonkeyPatch.context() as patch:
        if request.config.getoption(THROUGH, default=False):
            defaults["prepared_statements"] = "off"
            patch.setattr(Settings.__init__, "__defaults__", tuple(defaults.values()))
        yield


@pytest.fixture
def empty_database(empty_database: ThrowawayDatabase, bouncer: PgBouncer | None) -> Iterator[ThrowawayDatabase]:
    """A fresh empty database, which ``url()`` leads to through PgBouncer where the tests go through it."""
    yield through(bouncer, empty_database)
    if bouncer is not None:
        bouncer.release(empty_database.name)  # one that a failed test keeps must not use the server up


@pytest.fixture
def short_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that fell silent is asked for its goodbye for 0.2 s, where a test is about what comes before."""
    monkeypatch.setattr("schema.database._GOODBYE", 0.2)


@pytest.fixture
def observer(empty_database: ThrowawayDatabase) -> Iterator[ServerObserver]:
    """The server's view of ``empty_database``."""
    with observe(empty_database) as observer:
        yield observer


@pytest.fixture
async def database(empty_database: ThrowawayDatabase) -> AsyncIterator[Database]:
    """A started :class:`schema.database.Database` as the application makes it, on ``empty_database``."""
    async with Database(empty_database.url()) as database:
        yield database


@pytest.fixture
async def proxy(empty_database: ThrowawayDatabase) -> AsyncIterator[Proxy]:
    """The way to ``empty_database``."""
    async with Proxy.to(empty_database.url()) as proxy:
        yield proxy


@pytest.fixture
def plain(empty_database: ThrowawayDatabase) -> Iterator[psycopg.Connection]:
    """A connection to ``empty_database`` past the proxy, which no observer counts; the table ``ledger`` is there."""
    with psycopg.connect(empty_database.dsn, autocommit=True, application_name="schemaproof") as connection:
        connection.execute(LEDGER)
        yield connection


@pytest.fixture
async def proxied(proxy: Proxy) -> AsyncIterator[Database]:
    """A started database behind ``proxy`` that retries soon."""
    async with Database(Settings(proxy.url(), retry_delay=0.01)) as database:
        yield database


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what each fault did to its caller."""
    rows = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", [])
        if name == FAULT and report.when == "call"
    ]
    if rows:
        terminalreporter.section("faults")
        head = ("fault", "the caller sees", "seconds", "connections left")
        table = [head, *((name, seen, f"{seconds:.1f}", str(left)) for name, seen, seconds, left in sorted(rows))]
        widths = [max(len(row[column]) for row in table) for column in range(len(head))]
        for row in table:
            terminalreporter.line(
                "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            )
