"""Cuts that are planned for a point of what goes over the line, and what the server and the client know then."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import psycopg
import pytest

from schemaproof.postgres import Database, Server
from schemaproof.traffic.connection import Connection
from schemaproof.traffic.cuts import Bytes, Close, Cut, Delay, HalfClose, Reset, Stall
from schemaproof.traffic.proxy import Proxy
from schemaproof.traffic.wire import Direction, Message
from tests.schemaproof.traffic.proxied import LOST, SOON, SSL_REQUEST, connected, ending, raw

TO_SERVER, TO_CLIENT = Direction.TO_SERVER, Direction.TO_CLIENT


@pytest.fixture(scope="module")
def database(postgres_server: Server) -> Iterator[Database]:
    """One for all tests here: they leave nothing in it."""
    with postgres_server.create() as database:
        yield database


@pytest.fixture
async def proxy(database: Database) -> AsyncIterator[Proxy]:
    async with Proxy.to(database.url()) as proxy:
        yield proxy


@pytest.fixture
def direct(database: Database) -> Iterator[psycopg.Connection]:
    """A session that does not go through the proxy, beside a table ``t``."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (i int)")
        yield connection
        connection.execute("DROP TABLE t")


def written(direct: psycopg.Connection) -> list[int]:
    """What is committed in ``t``, when nobody is at work on it any more."""
    direct.execute("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE; COMMIT")
    return [i for (i,) in direct.execute("SELECT i FROM t ORDER BY i")]


async def insert(connection: asyncpg.Connection, value: int) -> None:
    async with connection.transaction():
        await connection.execute("INSERT INTO t VALUES ($1)", value)


async def insert_by_psycopg(proxy: Proxy, value: int) -> None:
    async with asyncio.timeout(SOON):
        connection = await psycopg.AsyncConnection.connect(proxy.dsn())
        try:
            await connection.execute("INSERT INTO t VALUES (%s)", [value])
            await connection.commit()
        finally:
            await connection.close()


@pytest.mark.parametrize("how", [Reset(), Close(), HalfClose(TO_CLIENT)], ids=["reset", "close", "half-close"])
async def test_commit_whose_answer_is_lost_is_done(
    proxy: Proxy, direct: psycopg.Connection, how: Reset | Close | HalfClose
) -> None:
    async with connected(proxy) as connection:
        planned = proxy.plan(Cut(Message.COMMIT_COMPLETE, how))
        with pytest.raises(LOST):
            await insert(connection, 1)
    assert planned.met
    assert written(direct) == [1]


async def test_commit_that_does_not_reach_the_server_is_not_done(proxy: Proxy, direct: psycopg.Connection) -> None:
    async with connected(proxy) as connection:
        planned = proxy.plan(Cut(Message.COMMIT))
        with pytest.raises(LOST):
            await insert(connection, 1)
    assert planned.met
    assert written(direct) == []


async def test_commit_that_is_forwarded_before_the_cut_is_done(proxy: Proxy, direct: psycopg.Connection) -> None:
    async with connected(proxy) as connection:
        proxy.plan(Cut(Message.COMMIT, forwarded=True))
        with pytest.raises(LOST):
            await insert(connection, 1)
    assert written(direct) == [1]


@pytest.mark.parametrize(("at", "done"), [(Message.COMMIT_COMPLETE, [1]), (Message.COMMIT, [])])
async def test_commit_of_psycopg_meets_the_same(
    proxy: Proxy, direct: psycopg.Connection, at: Message, done: list[int]
) -> None:
    planned = proxy.plan(Cut(at))
    with pytest.raises(psycopg.OperationalError):
        await insert_by_psycopg(proxy, 1)
    assert planned.met
    assert written(direct) == done


async def test_commit_of_a_prepared_statement_meets_the_same(proxy: Proxy, direct: psycopg.Connection) -> None:
    async with connected(proxy) as connection:
        await connection.execute("BEGIN")
        await connection.execute("INSERT INTO t VALUES (1)")
        commit = await connection.prepare("COMMIT")
        planned = proxy.plan(Cut(Message.COMMIT))
        with pytest.raises(LOST):
            await commit.fetch()
    assert planned.met
    assert written(direct) == []


async def test_answer_that_stalls_never_comes_and_nothing_is_closed(proxy: Proxy, direct: psycopg.Connection) -> None:
    async with connected(proxy) as connection:
        planned = proxy.plan(Cut(Message.COMMIT_COMPLETE, Stall(TO_CLIENT)))
        inserting = asyncio.create_task(insert(connection, 1))
        await planned.wait()
        assert written(direct) == [1]
        assert not inserting.done()
        assert planned.connection in proxy.connections
        proxy.restore_all()
        await inserting


async def test_condition_that_begins_at_a_message_holds_for_it(proxy: Proxy) -> None:
    loop = asyncio.get_running_loop()
    async with connected(proxy) as connection:
        proxy.plan(Cut(Message.COMMAND_COMPLETE, Delay(0.1, TO_CLIENT)))
        asked = loop.time()
        await connection.execute("SELECT 1")
        assert loop.time() - asked >= 0.1


SENT = [Message.QUERY, Message.PARSE, Message.DESCRIBE, Message.BIND, Message.EXECUTE, Message.SYNC]
ANSWERED = [Message.PARSE_COMPLETE, Message.BIND_COMPLETE, Message.DATA_ROW, Message.COMMAND_COMPLETE]


@pytest.mark.parametrize("kind", [*SENT, *ANSWERED, Message.READY_FOR_QUERY], ids=lambda kind: kind.name)
async def test_cut_at_a_message_of_any_kind_is_met(proxy: Proxy, kind: Message) -> None:
    async with connected(proxy) as connection:
        planned = proxy.plan(Cut(kind))
        with pytest.raises(LOST):
            await (connection.execute("SELECT 1") if kind is Message.QUERY else connection.fetch("SELECT $1::int", 1))
    assert planned.met


@pytest.mark.parametrize(
    "kind", [Message.SSL_REQUEST, Message.STARTUP, Message.AUTHENTICATION, Message.BACKEND_KEY_DATA]
)
async def test_cut_while_connecting_is_met(proxy: Proxy, kind: Message) -> None:
    planned = proxy.plan(Cut(kind))
    with pytest.raises(LOST):
        await asyncpg.connect(proxy.dsn(), ssl="prefer", timeout=SOON)
    assert planned.met


async def test_cut_meets_the_occurrence_that_it_names(proxy: Proxy) -> None:
    async with connected(proxy) as connection:
        planned = proxy.plan(Cut(Message.QUERY, occurrence=3))
        for _ in range(2):
            assert await connection.execute("SELECT 1") == "SELECT 1"
        assert not planned.met
        with pytest.raises(LOST):
            await connection.execute("SELECT 1")
        assert planned.met


async def test_occurrences_are_counted_over_all_connections(proxy: Proxy) -> None:
    async with connected(proxy) as first, connected(proxy) as second:
        planned = proxy.plan(Cut(Message.QUERY, occurrence=2))
        await first.execute("SELECT 1")
        with pytest.raises(LOST):
            await second.execute("SELECT 1")
        assert planned.connection is not None
        assert planned.connection.number == 2
        assert await first.fetchval("SELECT 1") == 1


async def test_cut_planned_for_one_connection_is_met_by_no_other(proxy: Proxy) -> None:
    async with connected(proxy) as first, connected(proxy) as second:
        planned = proxy.connections[0].plan(Cut(Message.QUERY))
        assert await second.execute("SELECT 1") == "SELECT 1"
        assert not planned.met
        with pytest.raises(LOST):
            await first.execute("SELECT 1")


async def test_two_cuts_in_a_row_are_met_by_one_after_the_other(proxy: Proxy) -> None:
    planned = [proxy.plan(Cut(Message.QUERY, occurrence=occurrence)) for occurrence in (1, 2)]
    for met in ([True, False], [True, True]):
        async with connected(proxy) as connection:
            with pytest.raises(LOST):
                await connection.execute("SELECT 1")
        assert [each.met for each in planned] == met
    async with connected(proxy) as connection:
        assert await connection.execute("SELECT 1") == "SELECT 1"


async def test_cut_meets_only_messages_that_contain_its_text(proxy: Proxy) -> None:
    async with connected(proxy) as connection:
        planned = proxy.plan(Cut(Message.QUERY, containing="pg_backend"))
        await connection.execute("SELECT 1")
        assert not planned.met
        with pytest.raises(LOST):
            await connection.execute("SELECT pg_backend_pid()")


async def test_cut_that_is_withdrawn_is_never_met(proxy: Proxy) -> None:
    async with connected(proxy) as connection:
        withdrawn = [proxy.plan(Cut(Message.QUERY)), proxy.connections[0].plan(Cut(Message.QUERY))]
        for planned in withdrawn:
            planned.withdraw()
        assert await connection.execute("SELECT 1") == "SELECT 1"
        assert not any(planned.met for planned in withdrawn)


async def test_wait_for_a_cut_that_nobody_meets_tells_which(proxy: Proxy) -> None:
    planned = proxy.plan(Cut(Message.COMMIT_COMPLETE))
    with pytest.raises(TimeoutError, match="COMMIT_COMPLETE"):
        await planned.wait(within=0.01)


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_exactly_as_many_bytes_as_planned_reach_the_client(proxy: Proxy, count: int) -> None:
    planned = proxy.plan(Cut(Bytes(count, TO_CLIENT), Close()))
    async with raw(proxy) as (reader, writer):
        # An old protocol version: the server's answer is an error of over 100 bytes, and needs no password.
        writer.write(b"\0\0\0\x08\0\0\0\0")
        assert len(await reader.read()) == count
    assert planned.met


async def test_cut_at_the_last_byte_of_a_message_does_not_wait_for_another(proxy: Proxy) -> None:
    proxy.plan(Cut(Bytes(len(SSL_REQUEST), TO_SERVER), Close()))
    async with raw(proxy) as (reader, writer):
        writer.write(SSL_REQUEST)
        assert await ending(reader) == "fin"


async def test_condition_that_is_met_and_taken_back_does_not_come_again(proxy: Proxy) -> None:
    async with connected(proxy) as connection:
        planned = proxy.plan(Cut(Bytes(1, TO_SERVER), Stall()))
        query = asyncio.create_task(connection.fetchval("SELECT 1"))
        await planned.wait()
        proxy.restore_all()
        assert await query == 1


async def test_no_byte_is_forwarded_after_a_cut_at_none(proxy: Proxy) -> None:
    planned = proxy.plan(Cut(Bytes(0, TO_SERVER), Close()))
    async with raw(proxy) as (reader, writer):
        connection = await accepted(proxy)
        writer.write(SSL_REQUEST)
        assert await reader.read() == b""
    assert planned.met
    assert connection.forwarded.total() == 0


async def test_bytes_are_counted_over_messages_in_one_direction(proxy: Proxy) -> None:
    async with connected(proxy) as connection:
        forwarded = proxy.connections[0].forwarded[TO_SERVER]
        planned = proxy.plan(Cut(Bytes(50, TO_SERVER)))
        assert await connection.execute("SELECT 1") == "SELECT 1"
        with pytest.raises(LOST):
            await connection.execute("SELECT 1" + " " * 50)
        assert planned.connection is not None
        assert planned.connection.forwarded[TO_SERVER] - forwarded == 50


async def accepted(proxy: Proxy) -> Connection:
    await proxy.until(lambda: bool(proxy.connections))
    return proxy.connections[0]
