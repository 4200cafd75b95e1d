"""Several who migrate at once: one does, the others wait and find it done."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from time import monotonic
from typing import Any

import psycopg
import pytest
from alembic.util import CommandError
from sqlalchemy import NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from schema.migrate import ALEMBIC_INI, upgrade
from schema.migration_session import DEPLOYER_LOCK, DeployerLockError
from schemaproof.postgres import Database, Server
from tests.migrations.conftest import Alembic

Connection = psycopg.Connection[Any]

OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
WAITING = f"{OTHERS} AND wait_event IN ('PgSleep', 'advisory')"
LOCKED = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE datname = current_database() AND locktype = 'advisory' AND granted AND pid <> pg_backend_pid()
"""
LIMIT = 30  # seconds until a test gives up waiting for what it expects


@pytest.fixture
def holder(server: Connection) -> Iterator[Connection]:
    """Another deployer, which holds the lock until it lets go of it."""
    server.execute("SET application_name = 'slow deployer'")
    server.execute("SELECT pg_advisory_lock(%s)", [DEPLOYER_LOCK])
    yield server
    server.execute("SELECT pg_advisory_unlock_all()")


def let_go(holder: Connection) -> None:
    holder.execute("SELECT pg_advisory_unlock(%s)", [DEPLOYER_LOCK])


def count(connection: Connection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row
    return int(row[0])


async def until(connection: Connection, query: str, expected: int) -> None:
    """Wait until ``query`` counts ``expected``, leaving the event loop to others meanwhile."""
    deadline = monotonic() + LIMIT
    while (found := count(connection, query)) != expected:
        assert monotonic() < deadline, f"still {found}, not {expected}: {query}"
        await asyncio.sleep(0.01)


def start(module: str, *arguments: str, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", module, *arguments],
        cwd=ALEMBIC_INI.parent,
        env=os.environ | {"DATABASE_URL": url},
        stderr=subprocess.PIPE,
        text=True,
    )


async def test_one_of_several_processes_migrates_and_the_others_find_it_done(
    database_url: str, holder: Connection
) -> None:
    commands = [("alembic", "upgrade", "head"), ("alembic", "upgrade", "head"), ("schema", "upgrade")]
    processes = [start(*command, url=database_url) for command in commands]
    await until(holder, OTHERS, len(processes))  # all of them have arrived, none has begun
    let_go(holder)
    logs = [process.communicate(timeout=LIMIT)[1] for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], logs
    assert sum(log.count("Running upgrade  -> 0001") for log in logs) == 1
    assert count(holder, "SELECT count(*) FROM faceplate.alembic_version") == 1


async def test_waiting_upgrade_does_not_block_the_event_loop(database_url: str, holder: Connection) -> None:
    """The server does the sleeping; the lock is let go by this very event loop, so a blocked one would not get on."""
    waiting = asyncio.create_task(upgrade(database_url))
    await until(holder, WAITING, 1)

    let_go(holder)
    await waiting

    assert count(holder, "SELECT count(*) FROM faceplate.alembic_version") == 1


async def test_waiting_deployer_is_no_obstacle_to_an_index_built_concurrently(
    database_url: str, holder: Connection
) -> None:
    """A waiter inside pg_advisory_lock() would hold a snapshot, which CREATE INDEX CONCURRENTLY waits for."""
    holder.execute("CREATE TABLE public.big (id int)")
    waiting = asyncio.create_task(upgrade(database_url))
    await until(holder, WAITING, 1)

    holder.execute("SET statement_timeout = '10s'")
    await asyncio.to_thread(holder.execute, "CREATE INDEX CONCURRENTLY big_id ON public.big (id)")

    assert not waiting.done()
    let_go(holder)
    await waiting


def test_wait_is_bounded_and_tells_who_holds_the_lock(alembic: Alembic, holder: Connection) -> None:
    impatient = replace(alembic, options={"deployer_wait_seconds": "0"})

    with pytest.raises(DeployerLockError) as refusal:
        impatient.upgrade()

    pid = holder.info.backend_pid
    assert f"server process {pid} (slow deployer, user {holder.info.user})" in str(refusal.value)
    assert f"SELECT pg_terminate_backend({pid})" in str(refusal.value)


def test_refused_wait_leaves_the_callers_connection_as_it_was(
    alembic: Alembic, holder: Connection, empty_database: Database
) -> None:
    engine = create_engine(empty_database.url("psycopg"), poolclass=NullPool)
    with engine.connect() as connection:
        attributes = {"connection": connection}
        with pytest.raises(DeployerLockError, match=f"server process {holder.info.backend_pid}"):
            replace(alembic, options={"deployer_wait_seconds": "0"}, attributes=attributes).upgrade()

        assert not connection.in_transaction()


def test_lock_of_another_database_is_no_obstacle(alembic: Alembic, server: Connection, postgres_server: Server) -> None:
    with postgres_server.create() as elsewhere, psycopg.connect(elsewhere.dsn) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [DEPLOYER_LOCK])

        replace(alembic, options={"deployer_wait_seconds": "0"}).upgrade()

    assert count(server, "SELECT count(*) FROM faceplate.alembic_version") == 1


def test_reading_command_does_not_wait(alembic_copy: Alembic, holder: Connection) -> None:
    let_go(holder)
    alembic_copy.upgrade()
    holder.execute("SELECT pg_advisory_lock(%s)", [DEPLOYER_LOCK])
    impatient = replace(alembic_copy, options={"deployer_wait_seconds": "0"})

    assert "0001 (head)" in impatient.run("current")
    assert "0001 (head) (current)" in impatient.run("history", indicate_current=True)
    assert "No new upgrade operations" in impatient.run("check")
    assert "op." not in impatient.autogenerate()


async def test_lock_is_free_after_a_failure(alembic_copy: Alembic, server: Connection) -> None:
    alembic_copy.add("0002", 'op.execute("SELECT 1 / 0")')

    with pytest.raises(DBAPIError, match="division by zero"):
        alembic_copy.upgrade()

    await until(server, LOCKED, 0)


def test_lock_is_held_while_a_migration_runs(alembic_copy: Alembic, server: Connection) -> None:
    alembic_copy.add(
        "0002",
        'op.execute("CREATE TABLE faceplate.seen AS SELECT objid, objsubid FROM pg_locks '
        "WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()\")",
    )

    alembic_copy.upgrade()

    assert server.execute("TABLE faceplate.seen").fetchall() == [(DEPLOYER_LOCK % 2**32, 1)]


async def test_cancelled_upgrade_leaves_no_lock_and_no_session(database_url: str, holder: Connection) -> None:
    waiting = asyncio.create_task(upgrade(database_url))
    await until(holder, WAITING, 1)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    await until(holder, OTHERS, 0)
    let_go(holder)
    await upgrade(database_url)


async def test_upgrade_cancelled_in_a_migration_leaves_nothing(
    alembic_copy: Alembic, server: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    initial = alembic_copy.versions / "0001_initial.py"
    wait = '\n    op.execute("SELECT pg_sleep(60)")\n\n\ndef downgrade'
    initial.write_text(initial.read_text().replace("\n\n\ndef downgrade", wait))
    monkeypatch.setattr("schema.migrate.ALEMBIC_INI", alembic_copy.root / "alembic.ini")
    migrating = asyncio.create_task(upgrade(alembic_copy.url))
    await until(server, WAITING, 1)

    migrating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await migrating

    await until(server, OTHERS, 0)
    assert count(server, "SELECT count(*) FROM pg_namespace WHERE nspname = 'faceplate'") == 0


async def test_migrator_that_loses_its_session_reports_the_loss(alembic_copy: Alembic, server: Connection) -> None:
    """What gives the connection back afterwards must not hide the reason."""
    alembic_copy.add("0002", 'op.execute("SELECT pg_terminate_backend(pg_backend_pid())")')

    with pytest.raises(DBAPIError, match="pg_terminate_backend"):
        alembic_copy.upgrade()

    await until(server, LOCKED, 0)
    assert server.execute("SELECT version_num FROM faceplate.alembic_version").fetchall() == [("0001",)]


def test_migrator_that_loses_its_session_opens_no_other(alembic_copy: Alembic, empty_database: Database) -> None:
    """Where the server is gone, the attempt would fail and hide the reason."""
    alembic_copy.add("0002", 'op.execute("SELECT pg_terminate_backend(pg_backend_pid())")')
    opened: list[object] = []
    engine = create_engine(empty_database.url("psycopg"), poolclass=NullPool)
    event.listen(engine, "connect", lambda connection, _record: opened.append(connection))

    with pytest.raises(DBAPIError, match="pg_terminate_backend"):
        replace(alembic_copy, attributes={"connection": engine}).upgrade()

    assert len(opened) == 1


async def test_upgrades_of_two_databases_in_one_process_do_not_mix(
    empty_database: Database, postgres_server: Server
) -> None:
    """Alembic's `op` is global: without care, one run would send its statements to the other's database."""
    with postgres_server.create() as other:
        databases = [empty_database, other]

        await asyncio.gather(*(upgrade(database.url()) for database in databases))

        for database in databases:
            with psycopg.connect(database.dsn) as connection:
                assert count(connection, "SELECT count(*) FROM faceplate.users") == 0


async def test_upgrade_to_an_unknown_revision_is_refused(database_url: str) -> None:
    with pytest.raises(CommandError, match="Can't locate revision identified by 'nope'"):
        await upgrade(database_url, "nope")
