"""Runs of env.py that would never end, with real sessions; and those that only look so."""

import builtins
import gc
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from textwrap import indent

import psycopg
import pytest

from schemaproof.migration import watchdog
from schemaproof.migration.environment import Run
from schemaproof.migration.hang import HangError
from schemaproof.migration.history import History, open_history
from schemaproof.postgres import Server
from schemaproof.project.subject import SubjectError
from tests.schemaproof.projects import ENV, make_project, table

ASYNC_ENV = """
import asyncio
from alembic import context
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine


def migrate(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def connected():
    engine = create_async_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()


asyncio.run(connected())
"""

REVISION = """
import asyncio, os, threading, time
import sqlalchemy as sa
from alembic import context, op

revision, down_revision = "0002", "0001"


def another(**options):
    url = sa.make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg")
    return sa.create_engine(url, **options).connect()


def upgrade():
{code}


def downgrade():
    op.execute("DROP TABLE IF EXISTS x")
"""

# What each lets wait for itself.
READ = "other = another()\nother.execute(sa.text('SELECT count(*) FROM t'))\n"
WRITE = "other = another()\nother.execute(sa.text('INSERT INTO t VALUES (1)'))\n"
ALTER = "op.execute('ALTER TABLE t ADD j int')"
WAITING = {
    "read": READ + ALTER,
    "orm-session": "session = sa.orm.Session(another().engine)\nsession.scalar(sa.text('SELECT 1 FROM t'))\n" + ALTER,
    "other-way-round": "op.execute('LOCK TABLE t')\nanother().execute(sa.text('SELECT count(*) FROM t'))",
    "savepoint": READ + "with op.get_bind().begin_nested():\n    " + ALTER,
    "row": (
        "op.execute('INSERT INTO t VALUES (1)')\nanother().execute(sa.text('INSERT INTO t VALUES (1)'))"  # one key
    ),
    "concurrently": (
        WRITE + "with op.get_context().autocommit_block():\n    op.execute('CREATE INDEX CONCURRENTLY i ON t (id)')"
    ),
    "concurrently-own-connection": (
        "op.execute('INSERT INTO t VALUES (1)')\n"
        "another(isolation_level='AUTOCOMMIT').execute(sa.text('CREATE INDEX CONCURRENTLY i ON t (id)'))"
    ),
    "advisory-of-a-transaction": (
        "other = another()\nother.execute(sa.text('SELECT pg_advisory_xact_lock(1)'))\n"
        "op.execute('SELECT pg_advisory_xact_lock(1)')"
    ),
    "advisory-of-a-session": (
        "other = another(isolation_level='AUTOCOMMIT')\nother.execute(sa.text('SELECT pg_advisory_lock(1)'))\n"
        "op.execute('SELECT pg_advisory_lock(1)')"
    ),
    "raw-cursor": READ + "op.get_bind().connection.cursor().execute('ALTER TABLE t ADD j int')",
    "swallowed": READ + "try:\n    " + ALTER + "\nexcept Exception:\n    pass",
    "tried-again": READ
    + "while True:\n    try:\n        "
    + ALTER
    + "\n        break\n    except Exception:\n        pass",
    "thread": (
        READ + "thread = threading.Thread(target=lambda: another().execute(sa.text('LOCK TABLE t')))\n"
        "thread.start()\nthread.join()"
    ),
    "two-threads": (
        "def change(one, two):\n    with another() as c:\n        c.execute(sa.text(f'LOCK TABLE {one}'))\n"
        "        barrier.wait()\n        with another() as d:\n            d.execute(sa.text(f'LOCK TABLE {two}'))\n"
        "barrier = threading.Barrier(2)\nop.execute('COMMIT')\n"
        "threads = [threading.Thread(target=change, args=one) for one in (('t', 'u'), ('u', 't'))]\n"
        "for one in threads: one.start()\nfor one in threads: one.join()"
    ),
}
# Long waits that end by themselves, each longer than several looks.
SOUND = {
    "other-connection-closed": "with another() as other:\n    other.execute(sa.text('SELECT count(*) FROM t'))\n"
    + ALTER,
    "other-connection-idle-and-harmless": READ.replace("FROM t", "FROM u") + ALTER + "\ntime.sleep(1)",
    "pg-sleep": "op.execute('SELECT pg_sleep(1)')",
    "sleep": "time.sleep(1)",
    "thread-that-commits": (
        READ + "thread = threading.Timer(1, other.commit)\nthread.start()\n" + "op.execute('SELECT pg_sleep(0.1)')\n"
        "done = threading.Timer(1.2, lambda: None)\ndone.start()\ndone.join()\nthread.join()\n" + ALTER
    ),
    "waits-for-a-thread-that-commits": (
        "def read():\n    with another() as c:\n        c.execute(sa.text('SELECT count(*) FROM t'))\n"
        "        ready.set()\n        time.sleep(1.2)\n"
        "ready = threading.Event()\nthread = threading.Thread(target=read)\nthread.start()\nready.wait()\n" + ALTER
    ),
}

type Upgrade = Callable[..., Run]


def write(folder: Path, code: str) -> None:
    (folder / "migrations" / "versions" / "0002.py").write_text(REVISION.format(code=indent(code, "    ")))


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Forget the connections that the projects leave open, without the warnings that these are worth."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


@pytest.fixture
def opened(tmp_path: Path, own_server: Server) -> Iterator[Callable[..., History]]:
    with ExitStack() as stack:

        def begin(code: str, *, env: str = ENV, driver: str = "psycopg", limit: float = 300) -> History:
            subject = make_project(tmp_path, [table("t"), table("u")], env=env)
            first = tmp_path / "migrations" / "versions" / "0001.py"
            first.write_text(
                first.read_text().replace(
                    "op.execute('CREATE", "op.execute('CREATE TABLE u (i int)'); op.execute('CREATE"
                )
            )
            write(tmp_path, code)
            subject = replace(subject, driver=driver, stall_timeout=limit)
            return stack.enter_context(open_history(subject, own_server))

        yield begin


@pytest.fixture
def upgrade(opened: Callable[..., History]) -> Upgrade:
    """The upgrade of the second revision, which has this code."""

    def begin(code: str, **options: object) -> Run:
        return opened(code, **options).stairs("0002").up

    return begin


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("code", WAITING.values(), ids=WAITING)
def test_process_that_waits_for_itself_is_told(upgrade: Upgrade, code: str) -> None:
    run = upgrade(code)
    assert run.hang is not None, run.told
    assert run.hang.kind == "itself", run.told
    assert isinstance(run.error, HangError)
    assert run.hang.revision == "0002"
    assert "idle" in run.hang.does


@pytest.mark.parametrize("code", SOUND.values(), ids=SOUND)
def test_wait_that_ends_is_left_alone(upgrade: Upgrade, code: str) -> None:
    run = upgrade(code)
    assert run.error is None, run.told
    assert run.hang is None


# A second connection of the same task, in which something was read.
ASYNC_READ = """
import sqlalchemy.ext.asyncio
from sqlalchemy.util import await_only
kept = []
async def read():
    other = await sqlalchemy.ext.asyncio.create_async_engine(os.environ["DATABASE_URL"]).connect()
    kept.append(other)
    await other.execute(sa.text("SELECT count(*) FROM t"))
await_only(read())
"""


@pytest.mark.parametrize(
    "code", [READ + ALTER, ASYNC_READ + ALTER, ASYNC_READ + "another().execute(sa.text('LOCK t'))"]
)
def test_asyncio_task_that_waits_for_itself_is_told(upgrade: Upgrade, code: str) -> None:
    run = upgrade(code, env=ASYNC_ENV, driver="asyncpg")
    assert run.hang is not None, run.told
    assert run.hang.kind == "itself", run.told
    assert "migrations/versions/0002.py:" in run.hang.evidence
    assert "SELECT count(*) FROM t" in run.hang.evidence


def test_asyncio_task_that_another_one_lets_go_is_left_alone(upgrade: Upgrade) -> None:
    holder = """
        async def hold():
            async with engine.connect() as other:
                await other.execute(text("SELECT pg_advisory_xact_lock(8)"))
                held.set()
                await asyncio.sleep(1.2)
        held = asyncio.Event()
        task = asyncio.create_task(hold())
        await held.wait()
        await connection.execute(text("SELECT pg_advisory_xact_lock(8)"))
        await connection.commit()
        await task
        await connection.run_sync(migrate)
"""
    env = ASYNC_ENV.replace("        await connection.run_sync(migrate)\n", holder)
    run = upgrade(ALTER, env="from sqlalchemy import text\n" + env, driver="asyncpg")
    assert run.error is None, run.told


def test_both_statements_and_where_they_were_sent_are_told(upgrade: Upgrade) -> None:
    evidence = upgrade(READ + ALTER).told
    assert "ALTER TABLE t ADD j int\n  waits for a lock (relation), sent at migrations/versions/0002.py:" in evidence
    assert "SELECT count(*) FROM t\n  was the last statement of the session that holds it" in evidence
    assert "idle in transaction, sent at migrations/versions/0002.py:" in evidence


def test_downgrade_that_waits_for_itself_is_told_and_is_no_refusal(opened: Callable[..., History]) -> None:
    history = opened("op.execute('CREATE TABLE x (i int)')")
    file = Path(history.revisions[1].path)
    down = READ.replace("FROM t", "FROM x") + "op.execute('DROP TABLE x')"
    file.write_text(file.read_text().partition("def downgrade")[0] + "def downgrade():\n" + indent(down, "    "))
    stairs = history.stairs("0002")
    assert stairs.down is not None
    assert stairs.down.hang is not None, stairs.down.told
    assert not stairs.refused


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_wait_that_lock_timeout_ends_is_left_to_it_and_explained(upgrade: Upgrade, driver: str) -> None:
    env = ASYNC_ENV if driver == "asyncpg" else ENV
    run = upgrade(READ + "op.execute(\"SET lock_timeout = '1500ms'\")\n" + ALTER, env=env, driver=driver)
    assert run.hang is not None, run.told
    assert "A timeout that the project sets ended the wait" in run.told
    assert run.error is not None
    assert "lock timeout" in str(run.error.__cause__)


def test_lock_timeout_that_is_caught_and_answered_is_no_hang(upgrade: Upgrade) -> None:
    code = READ + (
        "op.execute(\"SET lock_timeout = '1s'\")\n"
        "try:\n    with op.get_bind().begin_nested():\n        op.execute('ALTER TABLE t ADD j int')\n"
        "except sa.exc.DBAPIError:\n    other.close()\n    op.execute('ALTER TABLE t ADD j int')"
    )
    assert upgrade(code).error is None


def test_lock_of_somebody_else_is_waited_for(opened: Callable[..., History]) -> None:
    """Another deployer holds it: idle for the server, and yet at work."""
    history = opened(ALTER)
    with history.build(1) as database, psycopg.connect(database.dsn) as other:
        other.execute("SELECT count(*) FROM t")
        timer = threading.Timer(1.2, other.commit)
        timer.start()
        run = history.upgrade_to_heads(database)
        timer.join()
    assert run.error is None, run.told


# What each does for ever, and what of it is told.
STALLED = {
    "sleep": ("while True:\n    time.sleep(1)", "time.sleep(1)"),
    "long-sleep": ("time.sleep(100_000)", "time.sleep(100_000)"),
    "busy": ("while True:\n    pass", "while True:"),
    "swallows-exceptions": (
        "while True:\n    try:\n        time.sleep(0.1)\n    except Exception:\n        pass",
        "time.sleep(0.1)",
    ),
    "statement": ("op.execute('SELECT pg_sleep(100000)')", "SELECT pg_sleep(100000)"),
    "polls": (
        "holder = another(isolation_level='AUTOCOMMIT')\nholder.execute(sa.text('SELECT pg_advisory_lock(1)'))\n"
        "while not op.get_bind().scalar(sa.text('SELECT pg_try_advisory_lock(1)')):\n    time.sleep(0.05)",
        "SELECT pg_try_advisory_lock(1)",
    ),
    "statement-tried-again": (
        "while True:\n    try:\n        op.get_bind().execute(sa.text('SELECT pg_sleep(100000)'))\n"
        "    except Exception:\n        pass",
        "SELECT pg_sleep(100000)",
    ),
    "lock": ("threading.Lock().acquire()\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()", "lock.acquire()"),
    "thread": (
        "thread = threading.Thread(target=time.sleep, args=(8,))\nthread.start()\nthread.join()",
        "thread.join()",
    ),
    "asyncio": ("from sqlalchemy.util import await_only\nawait_only(asyncio.sleep(100_000))", "asyncio.sleep(100_000)"),
}


@pytest.mark.parametrize(("code", "told"), STALLED.values(), ids=STALLED)
def test_run_without_progress_is_ended_and_told(upgrade: Upgrade, code: str, told: str) -> None:
    more = {"env": ASYNC_ENV, "driver": "asyncpg"} if "await_only" in code else {}
    run = upgrade(code, limit=3, **more)
    assert run.hang is not None, run.told
    assert run.hang.kind == "stalled"
    assert run.hang.revision == "0002"
    assert told in run.told
    assert "migrations/versions/0002.py:" in run.told
    assert "pytest" not in run.told


@pytest.mark.parametrize("code", ["await_only(asyncio.sleep(100_000))", ASYNC_READ + ALTER], ids=["sleeps", "waits"])
def test_event_loop_that_is_not_pythons_is_ended_too(upgrade: Upgrade, code: str) -> None:
    pytest.importorskip("uvloop")
    env = ASYNC_ENV.replace("asyncio.run(", "import uvloop\nuvloop.run(")
    run = upgrade("from sqlalchemy.util import await_only\n" + code, env=env, driver="asyncpg", limit=3)
    assert run.hang is not None, run.told
    assert "migrations/versions/0002.py:" in run.told


def test_run_that_gets_on_may_take_longer_than_the_limit(upgrade: Upgrade) -> None:
    code = "for number in range(6):\n    op.execute(f'SELECT pg_sleep(1) /* {number} */')"
    assert upgrade(code, limit=4).error is None


def test_run_that_changes_rows_gets_on(upgrade: Upgrade) -> None:
    code = (
        "op.execute('INSERT INTO u SELECT generate_series(1, 6)')\nwhile op.get_bind().execute(sa.text("
        "'DELETE FROM u USING pg_sleep(1) WHERE i = (SELECT min(i) FROM u)')).rowcount:\n    pass"
    )
    assert upgrade(code, limit=4).error is None


def test_env_py_that_does_not_end_is_told_before_any_revision_runs(opened: Callable[..., History]) -> None:
    with pytest.raises(SubjectError) as refused:
        opened(ALTER, env="import time\nwhile True:\n    time.sleep(1)\n", limit=3)
    assert "does not end" in refused.value.cause
    assert "migrations/env.py:3: time.sleep(1)" in refused.value.evidence


def test_handlers_of_the_process_are_as_they_were(upgrade: Upgrade) -> None:
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    assert upgrade("op.execute('SELECT 1')").error is None
    assert {number: signal.getsignal(number) for number in signal.valid_signals()} == before
    assert not [one for one in threading.enumerate() if "watchdog" in one.name]


def test_run_that_nothing_ends_ends_with_its_process(upgrade: Upgrade, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the process is spared: what ends it lets the loop go, and keeps what it was told."""
    told: list[HangError] = []
    monkeypatch.setattr(builtins, "let_go", told, raising=False)
    monkeypatch.setattr(watchdog, "last_resort", told.append)
    monkeypatch.setattr(watchdog, "_GRACE", 0.1)
    code = (
        "import builtins\nwhile not builtins.let_go:\n"
        "    try:\n        time.sleep(0.05)\n    except BaseException:\n        pass"
    )
    run = upgrade(code, limit=3)
    assert run.hang is not None
    assert str(told[0]).startswith("Revision 0002 does not end: nothing happened for 3 s")
    assert "time.sleep(0.05)" in str(told[0])
