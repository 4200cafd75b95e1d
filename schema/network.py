"""Names and addresses, looked at without the database driver: what is there, when the driver only says "no answer"."""

import asyncio
import contextlib
import socket
import threading
from typing import Any

from schema.errors import Cause

# One of socket.getaddrinfo's: family, type, protocol, canonical name, address.
type Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]


async def resolve(host: str, port: int) -> list[Address]:
    """The addresses of ``host``; cancelling it leaves nothing that anybody waits for.

    ``loop.getaddrinfo`` works in the loop's executor, whose threads ``asyncio.run`` and the interpreter's end wait for:
    a program that gave up after 5 s would still hang until the resolver did, for a minute or more.

    Raises:
        OSError, UnicodeError: if the name has none.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[Address]] = loop.create_future()

    def tell(addresses: list[Address] | None, error: Exception | None) -> None:
        if found.done():
            return
        if error is None:
            found.set_result(addresses or [])
        else:
            found.set_exception(error)

    def look_up() -> None:
        outcome: tuple[list[Address] | None, Exception | None]
        try:
            outcome = list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)), None
        except (OSError, UnicodeError) as error:  # UnicodeError: no name at all, as "a..b" is none
            outcome = None, error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody wants to know any more
            loop.call_soon_threadsafe(tell, *outcome)

    threading.Thread(target=look_up, name=f"resolve {host}", daemon=True).start()
    return await found


async def look(addresses: list[Address], seconds: float) -> Cause:
    """What answers at ``addresses`` within ``seconds``: a listener (SILENT), a refusal (REFUSED) or nothing."""
    outcomes = await asyncio.gather(*(_knock(address, seconds) for address in addresses))
    for cause in (Cause.SILENT, Cause.UNREACHABLE, Cause.REFUSED):
        if cause in outcomes:
            return cause
    return Cause.UNREACHABLE


async def _knock(address: Address, seconds: float) -> Cause:
    family, kind, protocol, _, where = address
    with socket.socket(family, kind, protocol) as knocking:
        knocking.setblocking(False)
        try:
            async with asyncio.timeout(seconds):
                await asyncio.get_running_loop().sock_connect(knocking, where)
        except ConnectionRefusedError:
            return Cause.REFUSED
        except OSError:  # TimeoutError too
            return Cause.UNREACHABLE
    return Cause.SILENT
