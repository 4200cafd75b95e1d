"""What the observer of a server sees of the connections that a test opens."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import psycopg
import pytest

from schemaproof.postgres import Database
from schemaproof.traffic.server import NotSettledError, ServerObserver


@pytest.fixture
async def connection(empty_database: Database) -> AsyncIterator[asyncpg.Connection]:
    """One connection that is idle."""
    connection = await asyncpg.connect(empty_database.dsn, server_settings={"application_name": "app"})
    yield connection
    connection.terminate()


def test_observer_sees_no_connection_where_there_is_none(observer: ServerObserver) -> None:
    assert (observer.count(), observer.pids(), observer.sessions()) == (0, set(), [])


async def test_observer_sees_who_is_connected(observer: ServerObserver, connection: asyncpg.Connection) -> None:
    assert observer.pids() == {connection.get_server_pid()}
    assert observer.applications() == {"app": 1}
    assert observer.states() == {"idle": 1}


async def test_observer_tells_states_apart(observer: ServerObserver, pool: asyncpg.Pool) -> None:
    async with pool.acquire() as first, pool.acquire(), pool.acquire() as third:
        await first.execute("BEGIN")
        with observer.barrier() as barrier:
            waiting = asyncio.create_task(third.execute(barrier.sql))
            await barrier.wait_for(1)
            assert observer.states() == {"idle in transaction": 1, "idle": 1, "active": 1}
            assert {session.wait_event for session in observer.sessions()} == {"Client/ClientRead", "Lock/advisory"}
        await waiting


@pytest.mark.usefixtures("connection")
async def test_observer_does_not_see_other_databases(observer: ServerObserver, postgres_database: Database) -> None:
    with ServerObserver(postgres_database) as other:
        assert (observer.count(), other.count()) == (1, 0)


async def test_wait_for_a_number_of_connections_ends_when_it_is_reached(
    observer: ServerObserver, pool: asyncpg.Pool
) -> None:
    async with pool.acquire(), pool.acquire():
        await observer.becomes(2)
    await pool.close()
    await observer.becomes(0)


async def test_number_that_is_not_reached_is_told_with_what_is_there(
    observer: ServerObserver, connection: asyncpg.Connection
) -> None:
    with pytest.raises(NotSettledError, match="connections after 0 s: 1, not 2") as caught:
        await observer.becomes(2, within=0)
    assert str(connection.get_server_pid()) in str(caught.value)


async def test_terminated_sessions_are_gone(observer: ServerObserver, empty_database: Database) -> None:
    first, second = [await asyncpg.connect(empty_database.dsn) for _ in range(2)]
    pids = [each.get_server_pid() for each in (first, second)]
    await observer.terminate(pids[0])
    assert observer.pids() == {pids[1]}
    await observer.terminate()
    assert observer.count() == 0
    for connection in (first, second):
        connection.terminate()


async def test_terminate_returns_when_they_are_gone_and_not_before(
    observer: ServerObserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = 2**31 - 1
    seen = iter([{nobody}, {nobody}, set()])
    monkeypatch.setattr(observer, "pids", lambda: next(seen))
    await observer.terminate(nobody)
    assert list(seen) == []


async def test_session_that_does_not_end_is_told(observer: ServerObserver, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = 2**31 - 1
    monkeypatch.setattr(observer, "pids", lambda: {nobody})
    with pytest.raises(NotSettledError, match=str(nobody)):
        await observer.terminate(nobody, within=0)


async def test_opened_counts_every_connection_that_ever_was(observer: ServerObserver, empty_database: Database) -> None:
    closed, killed = [await asyncpg.connect(empty_database.dsn) for _ in range(2)]
    await closed.close()
    await observer.terminate()
    killed.terminate()
    last = await asyncpg.connect(empty_database.dsn)
    await last.close()
    assert await observer.opened() == 3


async def test_opened_does_not_count_barriers(observer: ServerObserver, pool: asyncpg.Pool) -> None:
    with observer.barrier(), observer.barrier():
        async with pool.acquire():
            pass
    await pool.close()
    assert await observer.opened() == 1


async def test_opened_is_not_told_while_a_connection_is_open(
    observer: ServerObserver, connection: asyncpg.Connection
) -> None:
    with pytest.raises(NotSettledError, match="connections still open after 0 s, barriers included: 1"):
        await observer.opened(within=0)
    assert not connection.is_closed()


async def test_opened_is_not_told_while_a_barrier_is_closed(observer: ServerObserver) -> None:
    with (
        observer.barrier(),
        pytest.raises(NotSettledError, match="connections still open after 0 s, barriers included: 1"),
    ):
        await observer.opened(within=0)


async def test_watch_sees_how_many_were_open_and_used_at_most(observer: ServerObserver, pool: asyncpg.Pool) -> None:
    with observer.watch() as watch:
        async with pool.acquire() as active, pool.acquire() as in_transaction, pool.acquire():
            await in_transaction.execute("BEGIN")
            with observer.barrier() as barrier:
                query = asyncio.create_task(active.execute(barrier.sql))
                await barrier.wait_for(1)
                looks = watch.looks
                while watch.looks < looks + 2:  # one look at least began after the query had
                    await asyncio.to_thread(lambda: None)
            await query
        await pool.close()
    assert (watch.most, watch.most_used, len(watch.seen)) == (3, 2, 3)


async def test_watch_looks_a_last_time_at_its_end(observer: ServerObserver, connection: asyncpg.Connection) -> None:
    with observer.watch() as watch:
        pass
    assert watch.most == 1
    assert not connection.is_closed()


def test_watch_that_fails_tells_it(empty_database: Database) -> None:
    nowhere = replace(empty_database.server, url=empty_database.server.url.set(port=1))
    with pytest.raises(psycopg.OperationalError), ServerObserver(replace(empty_database, server=nowhere)).watch():
        pass
