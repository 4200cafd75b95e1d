"""Spec, user story 2, scenario 1, and the edge case "database is unreachable at startup"."""

import asyncio
import logging
import socket
import time
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import URL

from schema.database import Database
from schema.errors import Cause, DatabaseUnavailableError
from schema.settings import Settings
from schemaproof.postgres import Database as ThrowawayDatabase
from schemaproof.traffic.cuts import Cut, Delay, Stall
from schemaproof.traffic.proxy import Proxy
from schemaproof.traffic.server import ServerObserver
from schemaproof.traffic.wire import Message
from tests.pool.asking import query


async def test_start_opens_five_connections(database: Database, observer: ServerObserver) -> None:
    assert observer.count() == 5
    assert database.stats().open == 5


async def test_first_queries_use_the_connections_of_the_start(database: Database, observer: ServerObserver) -> None:
    opened = observer.pids()

    assert set(await asyncio.gather(*(query(database) for _ in range(5)))) == opened


async def test_database_opens_nothing_before_the_start(
    empty_database: ThrowawayDatabase, observer: ServerObserver
) -> None:
    assert Database(empty_database.url()).stats().open == 0
    assert await observer.opened() == 0


async def test_connections_are_recognisable_on_the_server(database: Database, observer: ServerObserver) -> None:
    assert set(observer.applications()) == {"faceplate"}, database


async def test_connections_carry_the_name_that_the_url_gives(
    empty_database: ThrowawayDatabase, observer: ServerObserver
) -> None:
    async with Database(f"{empty_database.dsn}?application_name=worker-3"):
        assert set(observer.applications()) == {"worker-3"}


async def test_objects_stay_readable_after_the_commit(database: Database) -> None:
    assert database.session().sync_session.expire_on_commit is False


async def test_start_twice_is_refused(database: Database, observer: ServerObserver) -> None:
    with pytest.raises(RuntimeError, match="already started"):
        await database.start()

    assert observer.count() == 5


async def test_use_before_the_start_is_refused(empty_database: ThrowawayDatabase) -> None:
    database = Database(empty_database.url())

    with pytest.raises(RuntimeError, match="not started: await start"):
        database.session()
    with pytest.raises(RuntimeError, match="not started: await start"):
        await database.run(lambda _: asyncio.sleep(0))


async def test_failed_start_leaves_no_connection_and_can_be_repeated(
    empty_database: ThrowawayDatabase, proxy: Proxy, observer: ServerObserver
) -> None:
    proxy.hang_up(after=3)
    database = Database(proxy.url(empty_database.url()))
    with pytest.raises(DatabaseUnavailableError) as caught:
        await database.start()
    await observer.becomes(0)
    assert caught.value.cause is Cause.CLOSED
    with pytest.raises(RuntimeError, match="not started"):
        database.session()

    proxy.forward()
    async with database:
        assert await query(database)


async def test_connection_that_is_lost_at_the_end_of_the_start_is_told(proxy: Proxy, observer: ServerObserver) -> None:
    cut = proxy.plan(Cut(Message.PARSE, containing="max_connections"))

    with pytest.raises(DatabaseUnavailableError) as caught:
        await Database(proxy.url()).start()

    assert cut.met
    assert caught.value.cause is Cause.CLOSED
    await observer.becomes(0)


async def test_server_that_falls_silent_at_the_end_of_the_start_is_not_waited_for(proxy: Proxy) -> None:
    database = Database(Settings(proxy.url(), connect_timeout=1, statement_timeout=None))
    cut = proxy.plan(Cut(Message.PARSE, containing="max_connections", how=Stall()))
    began = time.monotonic()
    start = asyncio.create_task(database.start())
    await cut.wait()
    proxy.disturb_all(Stall())

    with pytest.raises(DatabaseUnavailableError) as caught:
        await asyncio.wait_for(start, 30)

    assert caught.value.cause is Cause.SILENT
    # To close one connection politely would take 2 s more.
    assert time.monotonic() - began < 2.9
    assert database.stats().open == 0


async def test_cancelled_start_leaves_no_connection(proxy: Proxy, observer: ServerObserver) -> None:
    proxy.accept_silently(after=3)
    start = asyncio.create_task(Database(proxy.url()).start())
    await observer.becomes(3)

    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start

    assert await observer.opened() == 3


async def test_connect_timeout_is_for_the_whole_start_and_not_per_connection(proxy: Proxy) -> None:
    proxy.forward(Delay(0.2))  # each way; a connection takes several

    with pytest.raises(DatabaseUnavailableError, match=r"no answer within 1 s"):
        await Database(Settings(proxy.url(), connect_timeout=1)).start()


async def test_connection_opened_after_the_start_has_the_connect_timeout_too(proxy: Proxy) -> None:
    settings = Settings(proxy.url(), min_size=1, connect_timeout=2)
    async with Database(settings) as database, database.session() as session:
        await session.connection()
        proxy.accept_silently()

        with pytest.raises(DatabaseUnavailableError, match=r"accepts connections .* within 2 s"):
            await asyncio.wait_for(query(database), 20)


async def test_server_that_is_starting_up_is_waited_for(proxy: Proxy) -> None:
    proxy.reject("57P03", "the database system is starting up")
    async with asyncio.TaskGroup() as group:
        database = Database(proxy.url())
        start = group.create_task(database.start())
        await proxy.until(lambda: proxy.accepted >= 3)
        proxy.forward()
        await start
        await database.stop()


async def test_unreadable_name_is_told(empty_database: ThrowawayDatabase) -> None:
    with pytest.raises(DatabaseUnavailableError, match="host name cannot be resolved"):
        await Database(empty_database.url().set(host="a..b")).start()


async def test_name_with_two_addresses_where_nothing_listens_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # asyncio joins the errors of both into one without a number.
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 1)) for address in ("127.0.0.1", "127.0.0.2")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)

    with pytest.raises(DatabaseUnavailableError, match="Multiple exceptions") as caught:
        await Database("postgresql://someone:hidden@two.example:1/somewhere").start()

    assert caught.value.cause is Cause.REFUSED


async def test_start_through_a_socket_file_that_is_missing_says_so(empty_database: ThrowawayDatabase) -> None:
    url = empty_database.url().set(host=None).update_query_dict({"host": "/nowhere"})
    with pytest.raises(DatabaseUnavailableError, match="nothing listens there"):
        await Database(url).start()


@pytest.fixture
def limit(plain: psycopg.Connection) -> int:
    """The connections that the server has for everyone."""
    row = plain.execute(
        "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
        " - coalesce(current_setting('reserved_connections', true), '0')::int"
    ).fetchone()
    assert row
    return int(row[0])


async def test_pools_that_the_server_can_serve_raise_no_warning(
    empty_database: ThrowawayDatabase, limit: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with Database(Settings(empty_database.url(), max_size=limit)):
        assert not caplog.records


async def test_pools_that_are_too_many_for_the_server_are_warned_of(
    empty_database: ThrowawayDatabase, limit: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with Database(Settings(empty_database.url(), max_size=20, instances=limit // 20 + 1)):
        (warning,) = caplog.messages

    assert f"has {limit} connections for this user, but {limit // 20 + 1} instances of up to 20 need" in warning
    assert str(empty_database.url().password) not in warning


@pytest.fixture
def someone(empty_database: ThrowawayDatabase, plain: psycopg.Connection) -> Iterator[URL]:
    """A URL of ``empty_database`` for a role that is no superuser, named as the database is."""
    name = empty_database.name
    plain.execute(f"""CREATE ROLE "{name}" LOGIN PASSWORD 'hidden'""")
    yield empty_database.url().set(username=name, password="hidden")
    plain.execute(f'DROP ROLE "{name}"')


@pytest.mark.parametrize("kind", ["DATABASE", "ROLE"])
async def test_limit_of_its_own_is_warned_of_too(
    someone: URL, plain: psycopg.Connection, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    plain.execute(f'ALTER {kind} "{someone.database}" CONNECTION LIMIT 19')
    caplog.set_level(logging.WARNING)
    async with Database(someone):
        (warning,) = caplog.messages

    assert "has 19 connections" in warning


async def test_role_without_a_free_connection_is_told(someone: URL, plain: psycopg.Connection) -> None:
    plain.execute(f'ALTER ROLE "{someone.username}" CONNECTION LIMIT 4')

    with pytest.raises(DatabaseUnavailableError, match="no connection left for this user") as caught:
        await Database(someone).start()

    assert caught.value.cause is Cause.FULL
