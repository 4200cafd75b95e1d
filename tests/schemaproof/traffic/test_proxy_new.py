"""How the proxy meets new connections: what drivers see, and that those that are open stay as they are."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator

import asyncpg
import psycopg
import pytest

from schemaproof.postgres import Database, Server
from schemaproof.traffic.cuts import Close, Delay, Reset, Stall
from schemaproof.traffic.proxy import Proxy
from schemaproof.traffic.wire import Direction, Message
from tests.schemaproof.traffic.proxied import LOST, SOON, SSL_REQUEST, connected, ending, hangs, raw

TO_CLIENT = Direction.TO_CLIENT

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="other kernels answer when the queue is full")


@pytest.fixture(scope="module")
def database(postgres_server: Server) -> Iterator[Database]:
    """One for all tests here: they leave nothing in it."""
    with postgres_server.create() as database:
        yield database


@pytest.fixture
async def proxy(database: Database) -> AsyncIterator[Proxy]:
    async with Proxy.to(database.url()) as proxy:
        yield proxy


async def answers(proxy: Proxy) -> bool:
    async with connected(proxy) as connection:
        return bool(await connection.fetchval("SELECT true"))


async def connect(proxy: Proxy) -> None:
    """A TCP connection, and no more."""
    _, writer = await asyncio.open_connection(*proxy.address)
    writer.transport.abort()


async def test_refused_connection_is_the_kernels_refusal(proxy: Proxy) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await connect(proxy)
    with pytest.raises(psycopg.OperationalError, match="Connection refused"):
        await psycopg.AsyncConnection.connect(proxy.dsn())
    assert proxy.accepted == 0


async def test_proxy_comes_back_on_its_port(proxy: Proxy) -> None:
    address = proxy.address
    for _ in range(3):
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            await connect(proxy)
        proxy.forward()
        assert proxy.address == address
        assert await answers(proxy)


async def test_proxy_comes_back_on_its_port_beside_open_connections(proxy: Proxy) -> None:
    async with connected(proxy) as connection:
        proxy.refuse()
        assert await connection.fetchval("SELECT 1") == 1
        proxy.forward()
        assert await answers(proxy)
        assert await connection.fetchval("SELECT 1") == 1


@linux_only
async def test_connecting_hangs_where_packets_are_swallowed(proxy: Proxy) -> None:
    proxy.swallow()
    assert await hangs(connect(proxy))
    with pytest.raises(TimeoutError):
        await asyncpg.connect(proxy.dsn(), timeout=0.1)
    assert proxy.accepted == 0


@linux_only
async def test_who_hangs_gets_through_when_packets_are_let_through(proxy: Proxy) -> None:
    proxy.swallow()
    waiting = asyncio.create_task(answers(proxy))
    assert await hangs(connect(proxy))
    proxy.forward()
    assert await waiting
    assert await answers(proxy)
    # The connections that filled the queue are no clients, and who gave up has never come.
    assert proxy.accepted == proxy.messages[Message.STARTUP] == 2


@linux_only
async def test_swallowing_can_be_switched_on_and_off(proxy: Proxy) -> None:
    for _ in range(2):
        proxy.swallow()
        proxy.swallow()
        assert await hangs(connect(proxy))
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            await connect(proxy)
        proxy.swallow()
        assert await hangs(connect(proxy))
        proxy.forward()
        assert await answers(proxy)


@linux_only
async def test_open_connection_works_while_new_ones_are_swallowed(proxy: Proxy) -> None:
    async with connected(proxy) as connection:
        proxy.swallow()
        assert await connection.fetchval("SELECT 1") == 1


async def test_silent_proxy_accepts_and_never_answers(proxy: Proxy) -> None:
    proxy.accept_silently()
    async with raw(proxy) as (reader, writer):
        writer.write(SSL_REQUEST)
        assert await hangs(reader.read(1))
        assert len(proxy.connections) == 1
    with pytest.raises(TimeoutError):
        await asyncpg.connect(proxy.dsn(), timeout=0.1)
    await proxy.until(lambda: not proxy.connections)  # it has seen the clients leave


async def test_silent_connection_can_be_cut(proxy: Proxy) -> None:
    proxy.accept_silently()
    async with raw(proxy) as (reader, _):
        await proxy.until(lambda: len(proxy.connections) == 1)
        await proxy.cut_all(Reset())
        assert await ending(reader) == "rst"


@pytest.mark.parametrize(("how", "seen"), [(Close(), "fin"), (Reset(), "rst")])
async def test_hung_up_connection_ends_as_planned(proxy: Proxy, how: Close | Reset, seen: str) -> None:
    proxy.hang_up(how)
    async with raw(proxy) as (reader, writer):
        writer.write(b"\0\0\0\x08\0\3\0\0")
        assert await ending(reader) == seen


@pytest.mark.parametrize("how", [Close(), Reset()])
async def test_hung_up_connection_is_an_error_of_drivers(proxy: Proxy, how: Close | Reset) -> None:
    proxy.hang_up(how)
    with pytest.raises(LOST):
        await asyncpg.connect(proxy.dsn(), timeout=SOON)
    with pytest.raises(psycopg.OperationalError):
        await psycopg.AsyncConnection.connect(proxy.dsn())
    await proxy.until(lambda: not proxy.connections)


@pytest.mark.parametrize(
    ("sqlstate", "error"), [("57P03", asyncpg.CannotConnectNowError), ("53300", asyncpg.TooManyConnectionsError)]
)
async def test_rejected_connection_gets_the_error(proxy: Proxy, sqlstate: str, error: type[Exception]) -> None:
    proxy.reject(sqlstate, "not now")
    with pytest.raises(error, match="not now"):
        await asyncpg.connect(proxy.dsn(), timeout=SOON)
    with pytest.raises(psycopg.OperationalError, match="FATAL:  not now"):
        await psycopg.AsyncConnection.connect(proxy.dsn())


async def test_client_that_leaves_before_it_is_answered_is_forgotten(proxy: Proxy) -> None:
    proxy.reject("57P03", "not now")
    await connect(proxy)
    await proxy.until(lambda: proxy.accepted == 1 and not proxy.connections)


LATER: dict[str, Callable[[Proxy], None]] = {
    "accept_silently": lambda proxy: proxy.accept_silently(after=2),
    "hang_up": lambda proxy: proxy.hang_up(after=2),
    "reject": lambda proxy: proxy.reject("53300", "full", after=2),
}


@pytest.mark.parametrize("later", LATER.values(), ids=LATER.keys())
async def test_first_connections_are_met_as_before(proxy: Proxy, later: Callable[[Proxy], None]) -> None:
    assert await answers(proxy)
    later(proxy)
    assert await answers(proxy)
    assert await answers(proxy)
    for _ in range(2):
        with pytest.raises((*LOST, TimeoutError, asyncpg.PostgresError)):
            await asyncpg.connect(proxy.dsn(), timeout=0.1)
    proxy.forward()
    assert await answers(proxy)


@pytest.mark.parametrize("later", LATER.values(), ids=LATER.keys())
async def test_open_connection_works_whatever_becomes_of_new_ones(proxy: Proxy, later: Callable[[Proxy], None]) -> None:
    async with connected(proxy) as connection:
        later(proxy)
        proxy.accept_silently()
        assert await connection.fetchval("SELECT 1") == 1


async def test_condition_of_new_connections_holds_from_their_first_byte(proxy: Proxy) -> None:
    async with connected(proxy) as before:
        proxy.forward(Stall(TO_CLIENT))
        with pytest.raises(TimeoutError):
            await asyncpg.connect(proxy.dsn(), timeout=0.1)
        assert await before.fetchval("SELECT 1") == 1
    proxy.forward()
    assert await answers(proxy)


async def test_several_conditions_hold_together(proxy: Proxy) -> None:
    loop = asyncio.get_running_loop()
    proxy.forward(Delay(0.05, Direction.TO_SERVER), Delay(0.05, TO_CLIENT))
    began = loop.time()
    async with raw(proxy) as (reader, writer):
        writer.write(SSL_REQUEST)
        await reader.readexactly(1)
    assert loop.time() - began >= 0.1
