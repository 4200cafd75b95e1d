"""Prepared statements named, for speed, or off, for PgBouncer, where the next transaction may be elsewhere."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from schema.database import Database
from schema.errors import Cause, DatabaseUnavailableError, StatementTimeoutError
from schema.settings import PreparedStatements, Settings
from schemaproof.postgres import Database as ThrowawayDatabase
from schemaproof.traffic.pgbouncer import PgBouncer
from schemaproof.traffic.proxy import Proxy
from schemaproof.traffic.server import ServerObserver
from schemaproof.traffic.wire import Message
from tests.pool.asking import assert_whole, at


async def everything(session: AsyncSession) -> int:
    """Types that the driver looks up first, and several statements; the number of statements that have a name."""
    await session.execute(text("SELECT jsonb_build_object('a', 1), ARRAY['a'], gen_random_uuid()"))
    await session.execute(text("SELECT NULL::information_schema.sql_identifier, CAST(:number AS int)"), {"number": 1})
    return int(await session.scalar(text("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''")) or 0)


@pytest.mark.parametrize(
    ("mode", "named"),
    [
        pytest.param("named", 3, marks=pytest.mark.not_through_pgbouncer("it refuses what this sets for the session")),
        ("off", 0),
    ],
)
async def test_statements_have_names_or_have_not(
    empty_database: ThrowawayDatabase, mode: PreparedStatements, named: int
) -> None:
    settings = Settings(empty_database.url(), min_size=1, max_size=1, prepared_statements=mode)
    async with Database(settings) as database:
        await database.run(everything)

        found = await database.run(everything)

    assert found >= named
    assert bool(found) is bool(named)


async def test_nothing_is_set_for_the_session_that_a_pooler_would_refuse(
    empty_database: ThrowawayDatabase, observer: ServerObserver
) -> None:
    async with Database(Settings(empty_database.url(), prepared_statements="off", statement_timeout=7)) as database:
        assert await database.run(at("SELECT setting FROM pg_settings WHERE name = 'statement_timeout'")) == 0
        assert set(observer.applications()) == {"faceplate"}


async def test_statement_that_takes_too_long_is_ended_from_this_side(
    empty_database: ThrowawayDatabase, observer: ServerObserver
) -> None:
    settings = Settings(empty_database.url(), prepared_statements="off", statement_timeout=0.5)
    async with Database(settings) as database:
        with observer.barrier() as barrier:
            with pytest.raises(StatementTimeoutError, match=r"not answered within 0\.5 s"):
                await database.run(at(barrier.sql))
            await barrier.wait_for(0)

        await assert_whole(database, observer)


async def test_lost_connection_is_retried_without_prepared_statements_too(proxy: Proxy) -> None:
    settings = Settings(proxy.url(), prepared_statements="off", retry_delay=0.01)
    async with Database(settings) as database:
        before = proxy.messages[Message.PARSE]
        await database.run(everything)
        assert proxy.messages[Message.PARSE] > before
        await proxy.cut_all()

        await database.run(everything)


async def test_way_is_the_one_that_was_asked_for(
    database: Database, empty_database: ThrowawayDatabase, bouncer: PgBouncer | None
) -> None:
    direct = empty_database.server.url.port

    assert database.settings.url.port == (bouncer.port if bouncer else direct)
    assert bouncer is None or bouncer.clients(empty_database.name) == database.stats().open


async def test_pooler_that_refuses_parameters_is_told_with_the_setting_that_helps(proxy: Proxy) -> None:
    proxy.reject("08P01", "unsupported startup parameter: statement_timeout")

    with pytest.raises(DatabaseUnavailableError, match="set prepared_statements to off") as caught:
        await Database(proxy.url()).start()

    assert caught.value.cause is Cause.PROTOCOL
