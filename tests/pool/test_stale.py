"""Spec, user story 2, scenario 3: a stale connection is replaced and the caller does not notice."""

import asyncio

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from schema.database import Database
from schema.errors import ReadOnlyServerError
from schema.settings import Settings
from schemaproof.postgres import Database as ThrowawayDatabase
from schemaproof.traffic.cuts import Close, Cut, Reset, Stall
from schemaproof.traffic.proxy import Proxy
from schemaproof.traffic.server import ServerObserver
from schemaproof.traffic.wire import Message
from tests.pool.asking import assert_whole, backend, entering, query


async def test_query_after_its_connection_was_killed_is_answered(database: Database, observer: ServerObserver) -> None:
    await observer.terminate()

    assert {await query(database)} == observer.pids()


async def test_query_is_answered_before_the_loop_could_read_that_its_connection_was_killed(
    database: Database, plain: psycopg.Connection
) -> None:
    # No await from here on: what the server says of its leaving has arrived, and nobody has read it.
    plain.execute(
        "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    assert await query(database)
    assert database.stats().retried == 0


@pytest.mark.not_through_pgbouncer("it opens its server connections as it needs them")
async def test_fifty_queries_after_all_connections_were_killed_are_answered(
    database: Database, observer: ServerObserver
) -> None:
    await asyncio.gather(*(query(database) for _ in range(20)))
    await observer.terminate()

    served = await asyncio.gather(*(query(database) for _ in range(50)))

    assert set(served) == observer.pids()


@pytest.mark.not_through_pgbouncer("what it had on the server is its own to replace")
async def test_killed_connections_are_replaced_one_for_one(database: Database, observer: ServerObserver) -> None:
    await asyncio.gather(*(query(database) for _ in range(20)))
    await observer.terminate()
    await asyncio.gather(*(query(database) for _ in range(50)))

    await database.stop()
    assert await observer.opened() == 40


@pytest.mark.not_through_pgbouncer("what it had on the server is its own to replace")
async def test_one_killed_connection_takes_no_other_along(database: Database, observer: ServerObserver) -> None:
    await observer.terminate(await query(database))
    await query(database)

    await database.stop()
    assert await observer.opened() == 6


@pytest.mark.not_through_pgbouncer("the connection that is ended is one of its own, which it replaces by itself")
async def test_connection_that_the_server_ended_for_its_idleness_is_replaced(
    empty_database: ThrowawayDatabase, observer: ServerObserver
) -> None:
    """One of five, the one that comes next: with such a limit for all, a start on a busy machine would lose some."""

    async def grow_impatient(session: AsyncSession) -> int:
        await session.execute(text("SET idle_session_timeout = 50"))
        return int(await session.scalar(text("SELECT pg_backend_pid()")) or 0)

    async with Database(empty_database.url()) as database:
        ended = await database.run(grow_impatient)
        await observer.becomes(4)

        assert await query(database) not in {0, ended}


@pytest.mark.parametrize("how", [Reset(), Close()])
async def test_connection_that_the_network_cut_is_replaced(
    proxied: Database, proxy: Proxy, observer: ServerObserver, how: Reset | Close
) -> None:
    await proxy.cut_all(how)
    await observer.becomes(0)

    assert await query(proxied)
    assert proxied.stats().retried == 0


@pytest.mark.usefixtures("short_goodbye")
async def test_connection_that_the_network_forgot_is_replaced(proxy: Proxy, observer: ServerObserver) -> None:
    settings = Settings(proxy.url(), idle_for_long=0, connect_timeout=2, statement_timeout=None)
    async with Database(settings) as database:
        proxy.disturb_all(Stall())

        async with asyncio.timeout(30):
            assert await query(database)
        await proxy.until(lambda: database.stats().in_use == 0)
        assert database.stats().retried == 0
    await proxy.cut_all()
    await observer.becomes(0)


@pytest.mark.not_through_pgbouncer("each statement is parsed again")
@pytest.mark.parametrize("idle_for_long", [0, 3600])
async def test_request_costs_no_round_trip_for_a_sign_of_life(proxy: Proxy, idle_for_long: float) -> None:
    async with Database(Settings(proxy.url(), idle_for_long=idle_for_long)) as database:
        await query(database)
        before = proxy.messages

        await query(database)

        sent = proxy.messages - before
    assert sent[Message.QUERY] == 2  # BEGIN, COMMIT
    assert sent[Message.EXECUTE] == 1
    assert not sent[Message.PARSE]


@pytest.mark.parametrize("how", [Reset(), Close()])
async def test_connection_that_is_cut_at_begin_is_replaced(proxied: Database, proxy: Proxy, how: Reset | Close) -> None:
    begin = proxy.plan(Cut(Message.QUERY, how=how, containing="BEGIN"))

    assert await query(proxied)

    assert begin.met
    assert proxied.stats().retried == 0


@pytest.mark.not_through_pgbouncer("it does not report that the server turned read-only")
async def test_failover_to_a_read_only_server_is_told_apart(
    database: Database, empty_database: ThrowawayDatabase, plain: psycopg.Connection, observer: ServerObserver
) -> None:
    plain.execute(f'ALTER DATABASE "{empty_database.name}" SET default_transaction_read_only = on')
    await observer.terminate()

    with pytest.raises(ReadOnlyServerError, match=r"a standby, or .* Point the URL at the primary"):
        await database.run(backend)


@pytest.mark.not_through_pgbouncer("it does not report that the server turned read-only")
async def test_server_that_turns_read_only_under_a_connection_is_told_apart(
    proxied: Database, empty_database: ThrowawayDatabase, plain: psycopg.Connection
) -> None:
    plain.execute(f'ALTER DATABASE "{empty_database.name}" SET default_transaction_read_only = on')

    async with proxied.session() as session:  # what a reload of the configuration does to every session
        await session.execute(text("SET SESSION default_transaction_read_only = on"))
        await session.commit()

    with pytest.raises(ReadOnlyServerError):
        await proxied.run(entering(1))

    assert proxied.stats().retried == 1


async def test_transaction_that_made_itself_read_only_gets_its_own_error(
    proxied: Database, plain: psycopg.Connection
) -> None:
    async def work(session: AsyncSession) -> None:
        await session.execute(text("SET TRANSACTION READ ONLY"))
        await entering(1)(session)

    with pytest.raises(DBAPIError, match="read-only transaction"):
        await proxied.run(work)

    assert proxied.stats().retried == 0
    assert plain.execute("SELECT FROM ledger").fetchall() == []


async def test_read_only_server_serves_who_asked_for_any(
    empty_database: ThrowawayDatabase, plain: psycopg.Connection, observer: ServerObserver
) -> None:
    plain.execute(f'ALTER DATABASE "{empty_database.name}" SET default_transaction_read_only = on')

    async with Database(empty_database.url().update_query_dict({"target_session_attrs": "any"})) as database:
        await assert_whole(database, observer)
