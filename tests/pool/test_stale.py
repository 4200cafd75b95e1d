"""Spec, user story 2, scenario 3: a stale connection is replaced and the caller does not notice."""

import asyncio

from schema.database import Database
from tests.pool.observer import Observer, query


async def test_query_after_its_connection_was_killed_is_answered(database: Database, observer: Observer) -> None:
    await observer.terminate()

    assert {await query(database)} == observer.connections()


async def test_fifty_queries_after_all_connections_were_killed_are_answered(
    database: Database, observer: Observer
) -> None:
    await asyncio.gather(*(query(database) for _ in range(20)))
    await observer.terminate()

    served = await asyncio.gather(*(query(database) for _ in range(50)))

    assert set(served) == observer.connections()


async def test_killed_connections_are_replaced_one_for_one(database: Database, observer: Observer) -> None:
    await asyncio.gather(*(query(database) for _ in range(20)))
    await observer.terminate()
    await asyncio.gather(*(query(database) for _ in range(50)))

    await database.stop()
    assert await observer.sessions() == 40
