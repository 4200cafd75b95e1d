"""Clients of a proxy, for its tests."""

import asyncio
import struct
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Literal

import asyncpg

from schemaproof.traffic.proxy import Proxy

SOON = 20.0  # seconds that anything may take on a busy machine

SSL_REQUEST = struct.pack("!ii", 8, 80877103)

# What drivers raise for a connection that is gone.
LOST = (asyncpg.ConnectionDoesNotExistError, asyncpg.InterfaceError, OSError)


@asynccontextmanager
async def raw(proxy: Proxy) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A TCP connection to it; nothing is said yet."""
    async with asyncio.timeout(SOON):
        reader, writer = await asyncio.open_connection(*proxy.address)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()


@asynccontextmanager
async def connected(proxy: Proxy) -> AsyncIterator[asyncpg.Connection]:
    """A session through it."""
    async with asyncio.timeout(SOON):
        connection = await asyncpg.connect(proxy.dsn(), ssl=False)
        try:
            yield connection
        finally:
            connection.terminate()


async def hangs(work: Coroutine[Any, Any, object]) -> bool:
    """Whether ``work`` has not ended after a while in which it would have."""
    task = asyncio.create_task(work)
    done, _ = await asyncio.wait([task], timeout=0.15)
    task.cancel()
    await asyncio.wait([task])
    return not done


async def ending(reader: asyncio.StreamReader) -> Literal["fin", "rst"]:
    """How the connection ends, of which nothing more is heard."""
    try:
        assert await reader.read() == b""
    except ConnectionResetError:
        return "rst"
    return "fin"
