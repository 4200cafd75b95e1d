"""Spec, user story 2, scenario 1, and the edge case "database is unreachable at startup"."""

import asyncio
import socket
import time

import pytest
from sqlalchemy import URL, text

from schema.database import Database, DatabaseUnavailableError
from schemaproof.postgres import Database as ThrowawayDatabase
from tests.pool.observer import Observer, giving_out, query, settles


async def test_start_opens_five_connections(database: Database, observer: Observer) -> None:
    assert observer.count() == 5, database


async def test_first_queries_use_the_connections_of_the_start(database: Database, observer: Observer) -> None:
    opened = observer.connections()

    assert set(await asyncio.gather(*(query(database) for _ in range(5)))) == opened


async def test_database_opens_nothing_before_the_start(empty_database: ThrowawayDatabase, observer: Observer) -> None:
    Database(empty_database.url())

    assert await observer.sessions() == 0


async def test_connections_are_recognisable_on_the_server(database: Database, observer: Observer) -> None:
    assert observer.names() == {"faceplate"}, database


async def test_connections_carry_the_name_that_the_url_gives(
    empty_database: ThrowawayDatabase, observer: Observer
) -> None:
    async with Database(f"{empty_database.dsn}?application_name=worker-3"):
        assert observer.names() == {"worker-3"}


async def test_objects_stay_readable_after_the_commit(database: Database) -> None:
    assert database.session().sync_session.expire_on_commit is False


async def test_start_twice_is_refused(database: Database, observer: Observer) -> None:
    with pytest.raises(RuntimeError, match="started already"):
        await database.start()

    assert observer.count() == 5


def test_session_before_the_start_is_refused(empty_database: ThrowawayDatabase) -> None:
    with pytest.raises(RuntimeError, match="not started: await start"):
        Database(empty_database.url()).session()


async def test_session_after_the_stop_is_refused(database: Database) -> None:
    await database.stop()

    with pytest.raises(RuntimeError, match="not started: await start"):
        database.session()


async def test_stop_leaves_no_connection(database: Database, observer: Observer) -> None:
    await asyncio.gather(*(query(database) for _ in range(20)))

    await database.stop()

    await settles(observer.count, 0)


async def test_stop_closes_a_connection_in_use_when_its_session_ends(database: Database, observer: Observer) -> None:
    async with database.session() as session:
        held = await session.scalar(text("SELECT pg_backend_pid()"))
        await database.stop()
        await settles(observer.connections, {held})

    await settles(observer.count, 0)


async def test_stop_leaves_no_connection_to_a_session_made_before_it(database: Database, observer: Observer) -> None:
    session = database.session()
    await database.stop()

    async with session:
        await session.execute(text("SELECT"))

    await settles(observer.count, 0)


async def test_stop_twice_is_harmless(database: Database) -> None:
    await database.stop()
    await database.stop()


async def test_database_starts_again_after_the_stop(database: Database, observer: Observer) -> None:
    await database.stop()
    await settles(observer.count, 0)

    await database.start()

    assert observer.count() == 5


async def test_start_on_a_closed_port_says_where_why_and_what_to_do() -> None:
    with socket.socket() as bound_but_not_listening:
        bound_but_not_listening.bind(("127.0.0.1", 0))
        port = bound_but_not_listening.getsockname()[1]
        database = Database(f"postgresql://someone:hidden@127.0.0.1:{port}/somewhere")

        with pytest.raises(DatabaseUnavailableError) as caught:
            await database.start()

    message = str(caught.value)
    assert f"127.0.0.1:{port}/somewhere within 5 s: ConnectionRefusedError" in message
    assert "Check that the server runs" in message
    assert "hidden" not in message


async def test_start_on_a_missing_database_says_so(empty_database: ThrowawayDatabase) -> None:
    with pytest.raises(DatabaseUnavailableError, match='database "missing" does not exist'):
        await Database(empty_database.url().set(database="missing")).start()


async def test_start_on_a_silent_server_ends_at_the_connect_timeout() -> None:
    began = time.monotonic()
    async with giving_out(URL.create("postgresql", "someone", "hidden"), after=0, silent=True) as url:
        with pytest.raises(DatabaseUnavailableError, match=r"within 0\.2 s: no answer"):
            await Database(url, connect_timeout=0.2).start()

    assert 0.2 <= time.monotonic() - began < 4


async def test_connect_timeout_is_for_the_whole_start_and_not_per_connection(empty_database: ThrowawayDatabase) -> None:
    async with giving_out(empty_database.url(), after=5, silent=False, delay=0.2) as url:
        with pytest.raises(DatabaseUnavailableError, match="no answer"):
            await Database(url, connect_timeout=0.6).start()


async def test_connection_opened_after_the_start_has_the_connect_timeout_too(empty_database: ThrowawayDatabase) -> None:
    async with (
        giving_out(empty_database.url(), after=1, silent=True) as url,
        Database(url, min_size=1, connect_timeout=1) as database,
        database.session() as session,
    ):
        await session.execute(text("SELECT"))
        asked = time.monotonic()

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(query(database), 10)

        assert time.monotonic() - asked < 8


async def test_start_that_fails_leaves_no_connection(empty_database: ThrowawayDatabase, observer: Observer) -> None:
    async with giving_out(empty_database.url(), after=3, silent=False) as url:
        database = Database(url)
        with pytest.raises(DatabaseUnavailableError):
            await database.start()

        assert await observer.sessions() == 3
        with pytest.raises(RuntimeError, match="not started"):
            database.session()


async def test_start_that_is_cancelled_leaves_no_connection(
    empty_database: ThrowawayDatabase, observer: Observer
) -> None:
    async with giving_out(empty_database.url(), after=3, silent=True) as url:
        start = asyncio.create_task(Database(url).start())
        await settles(observer.count, 3)

        start.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start

        assert await observer.sessions() == 3
