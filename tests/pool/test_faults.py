"""The spec's edge cases with the spec's own limits, and all other faults: the caller always knows, and in time."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from schemaproof.postgres import Database, Server
from tests.pool.faults import FAULTS, LONG, SLOW_NAME, Outcome, assert_told, happen


@pytest.fixture(scope="module")
def resolver() -> Iterator[None]:
    """A resolver that does not answer for one name."""
    done = threading.Event()
    real = socket.getaddrinfo

    def slow(host: Any, *arguments: Any, **keywords: Any) -> Any:
        if host == SLOW_NAME:
            done.wait()
        return real(host, *arguments, **keywords)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", slow)
        yield
        done.set()


@pytest.fixture(scope="module")
def outcomes(postgres_server: Server, resolver: None, request: pytest.FixtureRequest) -> dict[str, Any]:  # noqa: ARG001 (it is in place)
    """What came of every fault that is asked for here; all happen side by side."""
    names: list[str] = [
        str(item.callspec.params["name"])
        for item in request.session.items
        if item.path == request.path and isinstance(item, pytest.Function)
    ]

    async def all_at_once(databases: list[Database]) -> list[Outcome | BaseException]:
        return await asyncio.gather(*map(happen, names, databases), return_exceptions=True)

    with contextlib.ExitStack() as stack:
        # Not in the event loop: CREATE and DROP DATABASE wait for all backends, also for one that waits for the loop.
        databases = [stack.enter_context(postgres_server.create()) for _ in names]
        return dict(zip(names, asyncio.run(all_at_once(databases)), strict=True))


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in LONG])
def test_fault_is_told_in_time_and_leaves_nothing(
    outcomes: dict[str, Any], name: str, record_property: Callable[[str, object], None]
) -> None:
    if isinstance(outcomes[name], BaseException):
        raise outcomes[name]
    assert_told(name, outcomes[name], record_property)
