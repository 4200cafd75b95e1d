"""Edge case "connection drops mid-query": retried once after the delay, then the error; a lost COMMIT is told."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidRequestError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from schema.database import Database
from schema.errors import CommitOutcomeUnknownError, DatabaseUnavailableError, StatementTimeoutError
from schema.settings import Settings
from schemaproof.postgres import Database as ThrowawayDatabase
from schemaproof.traffic.cuts import Close, Cut, Reset, Stall
from schemaproof.traffic.proxy import Proxy
from schemaproof.traffic.server import ServerObserver
from schemaproof.traffic.waiting import becomes
from schemaproof.traffic.wire import Message
from tests.pool.asking import assert_whole, at, backend, entering, entries, hold, query


class Counted:
    """Work that says how often it was done, and by which backends."""

    def __init__(self, *, entry: int = 1) -> None:
        self.entry = entry
        self.backends: list[int] = []
        self.times: list[float] = []

    async def __call__(self, session: AsyncSession) -> int:
        self.times.append(time.monotonic())
        self.backends.append(await backend(session))
        return await entering(self.entry)(session)


def ledger(plain: psycopg.Connection) -> list[int]:
    return entries(plain.execute("SELECT entry FROM ledger"))


async def becomes_closed(session: AsyncSession) -> None:
    driver = (await (await session.connection()).get_raw_connection()).driver_connection
    await becomes(lambda: driver is not None and driver.is_closed(), bool, 20)


async def test_work_is_committed_and_its_result_returned(database: Database, plain: psycopg.Connection) -> None:
    assert await database.run(entering(7)) == 7
    assert ledger(plain) == [7]


async def test_error_of_the_application_rolls_back_and_comes_out_unchanged(
    database: Database, plain: psycopg.Connection
) -> None:
    mine = ConnectionResetError("of another service")

    async def work(session: AsyncSession) -> None:
        await entering(7)(session)
        raise mine

    with pytest.raises(ConnectionResetError) as caught:
        await database.run(work)

    assert caught.value is mine
    assert mine.__cause__ is None
    assert ledger(plain) == []
    assert database.stats().retried == 0


async def test_error_of_the_application_comes_out_unchanged_after_its_connection_was_lost(
    database: Database, observer: ServerObserver
) -> None:
    mine = ZeroDivisionError()

    async def work(session: AsyncSession) -> None:
        await observer.terminate(await backend(session))
        await becomes_closed(session)
        raise mine

    with pytest.raises(ZeroDivisionError) as caught:
        await database.run(work)

    assert caught.value is mine
    await assert_whole(database, observer)


async def test_timeout_of_the_application_comes_out_unchanged(database: Database) -> None:
    mine = TimeoutError("of the application")

    async def work(_: AsyncSession) -> None:
        raise mine

    with pytest.raises(TimeoutError) as caught:
        await database.run(work)

    assert caught.value is mine


async def test_unique_violation_is_not_retried(proxied: Database, plain: psycopg.Connection) -> None:
    plain.execute("CREATE UNIQUE INDEX ON ledger (entry)")
    await proxied.run(entering(7))

    with pytest.raises(IntegrityError):
        await proxied.run(entering(7))

    assert proxied.stats().retried == 0


async def test_deferred_violation_at_commit_is_an_integrity_error(proxied: Database, plain: psycopg.Connection) -> None:
    plain.execute("ALTER TABLE ledger ADD UNIQUE (entry) DEFERRABLE INITIALLY DEFERRED")
    await proxied.run(entering(7))

    with pytest.raises(IntegrityError):
        await proxied.run(entering(7))

    assert proxied.stats().retried == 0


async def test_bad_sql_is_not_retried(proxied: Database) -> None:
    with pytest.raises(ProgrammingError):
        await proxied.run(at("SELECT 1 FROM nowhere"))

    assert proxied.stats().retried == 0


@pytest.mark.parametrize("how", [Reset(), Close()])
@pytest.mark.parametrize(
    "point",
    [
        *(Cut(Message.PARSE), Cut(Message.BIND, occurrence=2), Cut(Message.EXECUTE), Cut(Message.DATA_ROW)),
        Cut(Message.COMMAND_COMPLETE, occurrence=3),  # the answers to BEGIN, SELECT, INSERT
    ],
)
async def test_connection_that_is_cut_mid_query_is_not_noticed(
    proxied: Database, proxy: Proxy, plain: psycopg.Connection, point: Cut, how: Reset | Close
) -> None:
    work = Counted()
    cut = proxy.plan(replace(point, how=how))

    assert await proxied.run(work) == 1

    assert cut.met
    assert proxied.stats().retried == 1
    assert ledger(plain) == [1]


@pytest.mark.not_through_pgbouncer("a new connection to it may get an old one of the server")
async def test_second_attempt_has_a_new_connection(
    proxied: Database, proxy: Proxy, plain: psycopg.Connection, observer: ServerObserver
) -> None:
    opened_at_the_start = observer.pids()
    work = Counted()
    proxy.plan(Cut(Message.EXECUTE, occurrence=2))

    await proxied.run(work)

    first, second = work.backends
    assert first in opened_at_the_start
    assert second not in opened_at_the_start
    assert ledger(plain) == [1]


async def test_second_attempt_comes_after_one_second(proxy: Proxy, plain: psycopg.Connection) -> None:
    work = Counted()
    async with Database(proxy.url()) as database:
        proxy.plan(Cut(Message.EXECUTE))
        await database.run(work)

    assert work.times[1] - work.times[0] >= 1
    assert ledger(plain) == [1]


async def test_connection_that_is_lost_twice_is_an_error(
    proxied: Database, proxy: Proxy, plain: psycopg.Connection
) -> None:
    work = Counted()
    for occurrence in (1, 2):
        proxy.plan(Cut(Message.EXECUTE, occurrence=occurrence))

    with pytest.raises(DBAPIError, match="closed in the middle") as caught:
        await proxied.run(work)

    assert caught.value.connection_invalidated
    assert len(work.times) == 2
    assert ledger(plain) == []


async def test_commit_whose_answer_is_lost_is_told_and_not_repeated(
    proxied: Database, proxy: Proxy, plain: psycopg.Connection
) -> None:
    work = Counted()
    cut = proxy.plan(Cut(Message.COMMIT_COMPLETE))

    with pytest.raises(CommitOutcomeUnknownError, match="completely or not at all"):
        await proxied.run(work)

    assert cut.met
    assert len(work.times) == 1
    assert ledger(plain) == [1]


async def test_commit_that_never_arrives_is_told_and_not_repeated(
    proxied: Database, proxy: Proxy, plain: psycopg.Connection
) -> None:
    work = Counted()
    proxy.plan(Cut(Message.COMMIT))

    with pytest.raises(CommitOutcomeUnknownError):
        await proxied.run(work)

    assert len(work.times) == 1
    assert ledger(plain) == []


async def test_lost_commit_of_idempotent_work_is_repeated(
    proxied: Database, proxy: Proxy, plain: psycopg.Connection
) -> None:
    proxy.plan(Cut(Message.COMMIT_COMPLETE))

    assert await proxied.run(Counted(), idempotent=True) == 1

    assert ledger(plain) == [1, 1]


async def test_idempotent_work_whose_commit_is_lost_twice_is_told(proxied: Database, proxy: Proxy) -> None:
    for occurrence in (1, 2):
        proxy.plan(Cut(Message.COMMIT_COMPLETE, occurrence=occurrence))

    with pytest.raises(CommitOutcomeUnknownError):
        await proxied.run(backend, idempotent=True)


async def test_connection_that_is_known_to_be_lost_before_commit_is_not_noticed(
    proxied: Database, plain: psycopg.Connection, observer: ServerObserver
) -> None:
    work = Counted()

    async def loses_its_first_connection(session: AsyncSession) -> int:
        await work(session)
        if len(work.backends) == 1:
            await observer.terminate(work.backends[0])
            await becomes_closed(session)
        return 1

    assert await proxied.run(loses_its_first_connection) == 1
    assert ledger(plain) == [1]


async def test_refused_connection_is_tried_again(proxied: Database, proxy: Proxy) -> None:
    proxy.refuse()
    await proxy.cut_all()

    run = asyncio.create_task(proxied.run(backend))
    await becomes(lambda: proxied.stats().retried, bool, 20)
    proxy.forward()

    assert await run


async def test_connection_that_is_refused_twice_is_an_error(proxied: Database, proxy: Proxy) -> None:
    proxy.refuse()
    await proxy.cut_all()

    with pytest.raises(DatabaseUnavailableError, match="nothing listens there"):
        await proxied.run(backend)

    assert proxied.stats().retried == 1


async def test_further_connections_that_are_refused_give_their_places_back(
    proxied: Database, proxy: Proxy, observer: ServerObserver
) -> None:
    async with AsyncExitStack() as held:
        await hold(proxied, 5, held)
        proxy.refuse()
        refused = await asyncio.gather(*(query(proxied) for _ in range(40)), return_exceptions=True)
        proxy.forward()

    assert {type(error) for error in refused} == {DatabaseUnavailableError}
    await assert_whole(proxied, observer)


@pytest.mark.parametrize("sqlstate", ["28P01", "3D000", "53300"])
async def test_connection_that_is_denied_is_not_tried_again(proxied: Database, proxy: Proxy, sqlstate: str) -> None:
    proxy.reject(sqlstate, "no")
    await proxy.cut_all()

    with pytest.raises(DatabaseUnavailableError):
        await proxied.run(backend)

    assert proxied.stats().retried == 0


@pytest.mark.not_through_pgbouncer("the limit is kept on this side, so that nothing is added to it")
@pytest.mark.usefixtures("short_goodbye")
async def test_server_that_falls_silent_is_given_up_and_told(proxy: Proxy, observer: ServerObserver) -> None:
    async with Database(Settings(proxy.url(), statement_timeout=0.5, connect_timeout=2)) as database:
        proxy.plan(Cut(Message.EXECUTE, how=Stall()))

        with pytest.raises(StatementTimeoutError, match=r"not answered within 2\.5 s"):
            await database.run(backend)

        assert database.stats().retried == 0
        await proxy.cut_all()
        await assert_whole(database, observer)


@pytest.mark.not_through_pgbouncer("the limit is kept on this side")
async def test_statement_that_takes_too_long_is_ended_by_the_server(empty_database: ThrowawayDatabase) -> None:
    async with Database(Settings(empty_database.url(), statement_timeout=0.5)) as database:
        with pytest.raises(DBAPIError, match="statement timeout"):
            await database.run(at("SELECT 1 FROM pg_sleep(60)"))


async def test_transaction_of_its_own_inside_the_work_is_refused(database: Database) -> None:
    async def work(session: AsyncSession) -> None:
        async with session.begin():
            pass

    with pytest.raises(InvalidRequestError, match="already begun"):
        await database.run(work)


async def test_commit_inside_the_work_is_refused(database: Database, plain: psycopg.Connection) -> None:
    async def work(session: AsyncSession) -> None:
        await entering(7)(session)
        await session.commit()

    with pytest.raises(RuntimeError, match=r"remove commit\(\)"):
        await database.run(work)

    assert ledger(plain) == []


async def test_savepoint_inside_the_work_is_fine(database: Database, plain: psycopg.Connection) -> None:
    async def work(session: AsyncSession) -> None:
        await entering(1)(session)
        with pytest.raises(ProgrammingError):
            async with session.begin_nested():
                await session.execute(text("SELECT 1 FROM nowhere"))
        await entering(2)(session)

    await database.run(work)

    assert ledger(plain) == [1, 2]
