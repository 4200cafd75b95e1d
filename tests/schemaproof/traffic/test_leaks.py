"""Connections and tasks that a block leaves are told; what it gives back is not."""

import asyncio

import asyncpg
import pytest

from schemaproof.postgres import Database
from schemaproof.traffic.leaks import LeakError, no_leaks
from schemaproof.traffic.server import ServerObserver


async def test_block_that_gives_all_back_has_no_leak(observer: ServerObserver, empty_database: Database) -> None:
    async with no_leaks(observer):
        connection = await asyncpg.connect(empty_database.dsn)
        task = asyncio.create_task(connection.execute("SELECT 1"))
        await task
        await connection.close()


async def test_connection_that_is_left_is_a_leak(observer: ServerObserver, empty_database: Database) -> None:
    with pytest.raises(LeakError) as caught:
        async with no_leaks(observer, within=0):
            connection = await asyncpg.connect(empty_database.dsn)
    assert [session.pid for session in caught.value.connections] == [connection.get_server_pid()]
    assert caught.value.tasks == set()
    await connection.close()


async def test_task_that_is_left_is_a_leak(observer: ServerObserver) -> None:
    with pytest.raises(LeakError, match="forgotten") as caught:
        async with no_leaks(observer, within=0):
            task = asyncio.create_task(asyncio.Event().wait(), name="forgotten")
    assert caught.value.tasks == {task}
    assert caught.value.connections == []
    task.cancel()


async def test_connection_that_was_there_before_is_no_leak(observer: ServerObserver, empty_database: Database) -> None:
    connection = await asyncpg.connect(empty_database.dsn)
    async with no_leaks(observer, within=0):
        pass
    await connection.close()


async def test_connection_that_takes_the_place_of_another_is_a_leak(
    observer: ServerObserver, empty_database: Database
) -> None:
    before = await asyncpg.connect(empty_database.dsn)
    with pytest.raises(LeakError):  # noqa: PT012 (what raises is the end of the inner block)
        async with no_leaks(observer, within=0):
            await observer.terminate()
            after = await asyncpg.connect(empty_database.dsn)
    before.terminate()
    await after.close()


async def test_error_of_the_block_is_not_hidden_by_what_it_leaves(observer: ServerObserver) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 (what raises is the end of the inner block)
        async with no_leaks(observer, within=0):
            task = asyncio.create_task(asyncio.Event().wait())
            raise ZeroDivisionError
    task.cancel()
