"""The proxy, and what it does to connections that are open: what the client sees, on a real server."""

import asyncio
import gc
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from schemaproof.postgres import Database, Server, ports
from schemaproof.traffic.cuts import Close, Condition, Delay, Ending, HalfClose, Reset, Stall, Trickle
from schemaproof.traffic.proxy import Proxy
from schemaproof.traffic.wire import Direction, Message
from tests.schemaproof.traffic.proxied import LOST, SSL_REQUEST, connected, ending, hangs, raw

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


async def test_session_through_the_proxy_is_one_on_the_server(proxy: Proxy, database: Database) -> None:
    async with connected(proxy) as connection:
        assert await connection.fetchval("SELECT current_database()") == database.name
        assert len(proxy.connections) == proxy.accepted == 1


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_engine_of_any_driver_works_through_it(database: Database, driver: str) -> None:
    async with Proxy.to(database.url(driver)) as proxy:
        engine = create_async_engine(proxy.url())
        async with engine.begin() as connection:
            assert await connection.scalar(text("SELECT current_database()")) == database.name
        await engine.dispose()
        assert proxy.messages[Message.COMMIT] == proxy.messages[Message.COMMIT_COMPLETE] >= 1


async def test_answer_of_many_megabytes_comes_through_whole(proxy: Proxy) -> None:
    async with connected(proxy) as connection:
        assert await connection.fetchval("SELECT repeat('x', 5000000)") == "x" * 5_000_000
        sent = await connection.fetchval("SELECT length($1)", "y" * 5_000_000)
        assert sent == 5_000_000
        assert proxy.connections[0].forwarded[TO_CLIENT] > 5_000_000


async def test_messages_are_counted_by_kind(proxy: Proxy) -> None:
    async with connected(proxy) as connection:
        before = proxy.connections[0].messages.copy()
        await connection.execute("SELECT 1")
        counted = proxy.connections[0].messages - before
    assert counted == dict.fromkeys(
        [Message.QUERY, Message.ROW_DESCRIPTION, Message.DATA_ROW, Message.COMMAND_COMPLETE, Message.READY_FOR_QUERY], 1
    )


async def test_messages_of_closed_connections_stay_counted(proxy: Proxy) -> None:
    for _ in range(2):
        async with connected(proxy):
            pass
        await proxy.until(lambda: not proxy.connections)
    assert proxy.messages[Message.STARTUP] == 2
    assert (proxy.accepted, proxy.most_open) == (2, 1)


async def test_most_open_counts_those_at_the_same_time(proxy: Proxy) -> None:
    async with connected(proxy), connected(proxy):
        pass
    await proxy.until(lambda: not proxy.connections)
    async with connected(proxy):
        assert (proxy.accepted, proxy.most_open) == (3, 2)


async def test_client_that_leaves_ends_the_session(proxy: Proxy) -> None:
    async with connected(proxy) as connection:
        await connection.close()
        await proxy.until(lambda: not proxy.connections)


async def test_session_that_the_server_ends_is_ended_for_the_client_with_its_reason(proxy: Proxy) -> None:
    async with connected(proxy) as connection:
        with pytest.raises(LOST, match="administrator command"):
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        await proxy.until(lambda: not proxy.connections)


@pytest.mark.parametrize("how", [Reset(), Close()], ids=["reset", "close"])
async def test_query_of_a_cut_connection_fails(proxy: Proxy, how: Ending) -> None:
    async with connected(proxy) as connection:
        query = asyncio.create_task(connection.execute("SELECT pg_sleep(60)"))
        await proxy.until(lambda: proxy.messages[Message.QUERY] == 1)
        await proxy.cut_all(how)
        assert proxy.connections == ()
        with pytest.raises(LOST):
            await query


async def test_reset_is_a_rst(proxy: Proxy) -> None:
    async with raw(proxy) as (reader, writer):
        writer.write(SSL_REQUEST)
        assert await reader.readexactly(1) == b"N"
        await proxy.connections[0].cut(Reset())
        assert await ending(reader) == "rst"


async def test_close_is_a_fin(proxy: Proxy) -> None:
    async with raw(proxy) as (reader, writer):
        writer.write(SSL_REQUEST)
        await reader.readexactly(1)
        await proxy.connections[0].cut(Close())
        assert await ending(reader) == "fin"


async def test_close_is_a_fin_although_something_is_unread(proxy: Proxy) -> None:
    async with raw(proxy) as (reader, writer):
        writer.write(SSL_REQUEST)
        await reader.readexactly(1)
        proxy.disturb_all(Stall(TO_SERVER))
        writer.write(b"x" * 1_000_000)
        await proxy.connections[0].cut(Close())
        assert await ending(reader) == "fin"


async def test_cut_leaves_what_comes_after_it_alone(proxy: Proxy) -> None:
    async with connected(proxy):
        await proxy.cut_all()
        async with connected(proxy) as connection:
            assert await connection.fetchval("SELECT 1") == 1


async def test_cut_of_one_connection_leaves_the_others(proxy: Proxy) -> None:
    async with connected(proxy) as first, connected(proxy) as second:
        await proxy.connections[0].cut()
        with pytest.raises(LOST):
            await first.execute("SELECT 1")
        assert await second.fetchval("SELECT 1") == 1


async def test_transaction_of_a_cut_connection_is_rolled_back(proxy: Proxy, database: Database) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as direct:
        direct.execute("CREATE TABLE t (i int)")
        async with connected(proxy) as connection:
            await connection.execute("BEGIN; INSERT INTO t VALUES (1)")
            await proxy.cut_all()
        direct.execute("ALTER TABLE t ADD j int")  # waits for the transaction's end
        assert direct.execute("SELECT count(*) FROM t").fetchone() == (0,)
        direct.execute("DROP TABLE t")


async def test_half_closed_client_sees_the_end_and_is_still_heard(proxy: Proxy) -> None:
    async with raw(proxy) as (reader, writer):
        writer.write(SSL_REQUEST)
        await reader.readexactly(1)
        proxy.disturb_all(HalfClose(TO_CLIENT))
        assert await ending(reader) == "fin"
        connection = proxy.connections[0]
        writer.write(SSL_REQUEST)
        await proxy.until(lambda: connection.forwarded[TO_SERVER] == 2 * len(SSL_REQUEST))
        assert connection.is_open


async def test_server_that_sees_the_end_ends_the_session(proxy: Proxy) -> None:
    async with connected(proxy) as connection:
        proxy.disturb_all(HalfClose(TO_SERVER))
        await proxy.until(lambda: not proxy.connections)
        with pytest.raises(LOST):
            await connection.execute("SELECT 1")


@pytest.mark.parametrize("direction", [TO_SERVER, TO_CLIENT, None])
async def test_stalled_connection_answers_nothing_until_it_is_restored(
    proxy: Proxy, direction: Direction | None
) -> None:
    async with connected(proxy) as connection:
        proxy.disturb_all(Stall(direction))
        query = asyncio.create_task(connection.fetchval("SELECT 1"))
        if direction is TO_CLIENT:
            # The server has answered, and the answer has come as far as the proxy.
            await proxy.until(lambda: proxy.messages[Message.PARSE_COMPLETE] == 1)
        else:
            await proxy.until(lambda: proxy.messages[Message.PARSE] == 1)
        # Another connection's round trip to the server and back.
        async with connected(proxy) as another:
            await another.execute("SELECT 1")
        assert not query.done()
        if direction is not TO_CLIENT:
            assert proxy.connections[0].messages[Message.PARSE_COMPLETE] == 0
        proxy.restore_all()
        assert await query == 1


async def test_stalled_connection_does_not_learn_of_the_servers_end(proxy: Proxy, database: Database) -> None:
    async with connected(proxy) as connection:
        pid = connection.get_server_pid()
        proxy.disturb_all(Stall(TO_CLIENT))
        with psycopg.connect(database.dsn, autocommit=True) as direct:
            direct.execute("SELECT pg_terminate_backend(%s, 20000)", [pid])
        await proxy.until(lambda: proxy.messages[Message.ERROR_RESPONSE] == 1)
        assert not connection.is_closed()
        assert len(proxy.connections) == 1
        proxy.restore_all()
        await proxy.until(lambda: not proxy.connections)


@pytest.mark.parametrize("said", [b"", SSL_REQUEST], ids=["fin", "rst"])
async def test_client_behind_a_stall_does_not_learn_of_the_servers_fin_or_rst(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"postgresql://me@127.0.0.1:{server.getsockname()[1]}/x"
        async with Proxy.to(url) as proxy, raw(proxy) as (reader, writer):
            accepted, _ = await asyncio.get_running_loop().sock_accept(server)
            writer.write(said)
            await proxy.until(lambda: proxy.connections[0].forwarded[TO_SERVER] == len(said))
            proxy.disturb_all(Stall(TO_CLIENT))
            accepted.close()  # with something unread the kernel sends a RST
            assert await hangs(reader.read())
            assert len(proxy.connections) == 1
            proxy.restore_all()
            assert await ending(reader) == ("rst" if said else "fin")


@pytest.mark.parametrize("direction", [TO_SERVER, TO_CLIENT])
async def test_delayed_connection_answers_later(proxy: Proxy, direction: Direction) -> None:
    loop = asyncio.get_running_loop()
    async with connected(proxy) as connection:
        proxy.disturb_all(Delay(0.1, direction))
        asked = loop.time()
        assert await connection.execute("SELECT") == "SELECT 1"
        assert loop.time() - asked >= 0.1


async def test_delay_is_gone_after_it_is_taken_back(proxy: Proxy) -> None:
    async with connected(proxy) as connection:
        proxy.disturb_all(Delay(3600))
        proxy.restore_all()
        assert await connection.fetchval("SELECT 1") == 1


async def test_trickled_answer_comes_in_pieces_and_whole(proxy: Proxy) -> None:
    async with raw(proxy) as (reader, writer):
        writer.write(b"\0\0\0\x08\0\0\0\0")  # no version of the protocol: the server explains at length
        error = await reader.read()
    assert len(error) > 20

    proxy.forward(Trickle(3))
    async with raw(proxy) as (reader, writer):
        writer.write(b"\0\0\0\x08\0\0\0\0")
        pieces = []
        while piece := await reader.read(3):
            pieces.append(piece)
    assert b"".join(pieces) == error


async def test_trickle_takes_its_time_between_pieces(proxy: Proxy) -> None:
    loop = asyncio.get_running_loop()
    async with connected(proxy) as connection:
        proxy.disturb_all(Trickle(16, 0.02, TO_SERVER))
        asked = loop.time()
        assert await connection.execute("SELECT '0123456789012345678901234567890123456789'") == "SELECT 1"
        assert loop.time() - asked >= 0.04  # three pieces and more


async def test_plain_condition_holds_in_both_directions(proxy: Proxy) -> None:
    loop = asyncio.get_running_loop()
    async with connected(proxy) as connection:
        proxy.disturb_all(Delay(0.1))
        asked = loop.time()
        await connection.execute("SELECT")
        assert loop.time() - asked >= 0.2


@pytest.mark.parametrize("condition", [None, Stall(), Delay(3600), Trickle(1, 3600)])
async def test_nothing_is_left_at_its_end(database: Database, condition: Condition | None) -> None:
    gc.collect()
    descriptors, tasks = open_descriptors(), asyncio.all_tasks()
    async with Proxy.to(database.url()) as proxy:
        connection = await asyncpg.connect(proxy.dsn(), ssl=False)
        silent = await asyncio.open_connection(*proxy.address)
        if condition is not None:
            proxy.disturb_all(condition)
        query = asyncio.create_task(connection.execute("SELECT pg_sleep(60)"))
        await proxy.until(lambda: proxy.messages[Message.QUERY] == 1)
    with pytest.raises(LOST):
        await query
    connection.terminate()
    silent[1].transport.abort()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*proxy.address)
    await asyncio.sleep(0)  # the loop closes the sockets of an aborted transport in its next step
    assert asyncio.all_tasks() == tasks
    assert open_descriptors() == descriptors


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 (a Path would hold another)


async def test_error_in_the_block_comes_through_and_nothing_is_left(database: Database) -> None:
    tasks = asyncio.all_tasks()
    with pytest.raises(ZeroDivisionError):
        async with Proxy.to(database.url()) as proxy, connected(proxy):
            raise ZeroDivisionError
    assert asyncio.all_tasks() == tasks


async def test_defect_of_the_proxy_is_told_at_its_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("schemaproof.traffic.connection.Connection.forward", fail)
    with pytest.raises(ExceptionGroup) as caught:
        async with Proxy.to(database.url()) as proxy, raw(proxy) as (reader, _):
            assert await ending(reader) == "rst"
    assert caught.group_contains(ZeroDivisionError)


async def test_wait_for_what_never_comes_ends(proxy: Proxy) -> None:
    with pytest.raises(TimeoutError):
        await proxy.until(lambda: proxy.accepted == 1, within=0.01)


def test_url_keeps_all_but_where_the_server_is() -> None:
    proxy = Proxy.to("postgresql+asyncpg://me:secret@db.example:6000/name?ssl=disable")
    assert proxy.url().render_as_string(hide_password=False).startswith("postgresql+asyncpg://me:secret@127.0.0.1:")
    assert proxy.url().query == {"ssl": "disable"}
    assert proxy.url("postgresql://you@/other?host=/run&port=1").database == "other"
    assert proxy.url("postgresql://you@/other?host=/run&port=1").query == {}
    assert proxy.dsn().startswith("postgresql://me:secret@127.0.0.1:")


async def test_server_at_a_unix_socket_is_reached(tmp_path: Path) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    async with await asyncio.start_unix_server(greet, tmp_path / ".s.PGSQL.6000"):
        url = make_url(f"postgresql://me@/x?host={tmp_path}&port=6000")
        async with Proxy.to(url) as proxy, raw(proxy) as (reader, _):
            assert await reader.read() == b"hello"


async def test_server_that_is_down_is_a_reset_for_the_client() -> None:
    port = ports.lasting_port()
    async with Proxy.to(f"postgresql://me@127.0.0.1:{port}/x") as proxy, raw(proxy) as (reader, _):
        connection = proxy.connections[0] if proxy.connections else None
        assert await ending(reader) == "rst"
        if connection is not None:
            assert isinstance(connection.error, ConnectionRefusedError)


async def test_server_that_resets_is_a_reset_for_the_client() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        async with (
            Proxy.to(f"postgresql://me@127.0.0.1:{server.getsockname()[1]}/x") as proxy,
            raw(proxy) as (reader, writer),
        ):
            accepted, _ = await asyncio.get_running_loop().sock_accept(server)
            writer.write(SSL_REQUEST)
            await proxy.until(lambda: proxy.messages[Message.SSL_REQUEST] == 1)
            accepted.close()  # with something unread: the kernel sends a RST
            assert await ending(reader) == "rst"


async def test_port_that_another_took_meanwhile_is_not_insisted_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", ports.lasting_port())) as faster:
        drawn = iter([faster.getsockname()[1], ports.lasting_port()])
        monkeypatch.setattr("schemaproof.traffic.proxy.lasting_port", lambda: next(drawn))
        async with Proxy.to(database.url()) as proxy, connected(proxy) as connection:
            assert await connection.fetchval("SELECT 1") == 1


async def test_port_is_nobody_elses_while_the_proxy_refuses(database: Database) -> None:
    async with Proxy.to(database.url()) as proxy:
        async with connected(proxy) as connection:  # which the port remembers for a while
            assert await connection.fetchval("SELECT 1") == 1
        for _ in range(2):
            proxy.refuse()
            assert not ports.is_free(proxy.address[1])
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(proxy.address)
            proxy.forward()
            async with connected(proxy) as connection:
                assert await connection.fetchval("SELECT 1") == 1
    assert ports.is_free(proxy.address[1])
