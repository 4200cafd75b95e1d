"""Runs of env.py that would never end, with real sessions; and those that only look so."""

import builtins
import ctypes
import gc
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from textwrap import indent
from unittest.mock import Mock

import asyncpg
import psycopg
import pytest
from sqlalchemy import PoolProxiedConnection

from schemaproof.migration import watchdog
from schemaproof.migration.environment import Run
from schemaproof.migration.hang import HangError
from schemaproof.migration.history import History, open_history
from schemaproof.migration.waiting import Look, SelfWait
from schemaproof.postgres import Database, Server, Template
from schemaproof.project.subject import Subject, SubjectError
from tests.schemaproof.migration.waits import ALTER, ASYNC_ENV, READ, REVISION, SOUND, STALLED, WAITING
from tests.schemaproof.processes import wait_until
from tests.schemaproof.projects import ENV, make_project, table
from tests.schemaproof.rewritten import rewrite

# These revisions leave a connection to the garbage collector, as projects do, which may come before the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

SEVERAL = 4  # looks

type Upgrade = Callable[..., Run]


def written(code: str) -> str:
    """The second revision with this ``code`` in its upgrade."""
    return REVISION.format(code=indent(code, "    "))


# What these revisions leave open, until this process ends: while a thread or greenlet that was given up holds it, no
# collection of garbage gets it, and the one that did would fail a test of another module.
_CONNECTIONS = (psycopg.Connection, asyncpg.Connection, PoolProxiedConnection)


@pytest.fixture(autouse=True)
def _kept() -> Iterator[None]:
    yield
    for one in gc.get_objects():
        if issubclass(type(one), _CONNECTIONS):
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(one))  # a list of them would be taken down at the very end


@pytest.fixture(autouse=True)
def looks(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Waits until the watchdog, which looks more often than usual, has looked several times more."""
    looked = Mock(side_effect=Look.at)

    def wait() -> None:
        enough = looked.call_count + SEVERAL
        wait_until(lambda: looked.call_count >= enough)

    monkeypatch.setattr(watchdog, "_TICK", 0.05)
    monkeypatch.setattr(watchdog, "_GRACE", 0.5)
    monkeypatch.setattr(watchdog, "Look", Mock(at=looked))
    monkeypatch.setattr(watchdog, "looks", wait, raising=False)  # where the projects find it
    return wait


def project(folder: Path, env: str = ENV, driver: str = "psycopg") -> Subject:
    """One whose first revision makes the tables that the second one is to change."""
    subject = make_project(folder, [table("t"), table("u")], env=env)
    first = folder / "migrations" / "versions" / "0001.py"
    first.write_text(
        first.read_text().replace("op.execute('CREATE", "op.execute('CREATE TABLE u (i int)'); op.execute('CREATE")
    )
    return replace(subject, driver=driver)


class Stand:
    """A history whose second revision is written anew for each run, and a database just before it."""

    def __init__(self, history: History, below: Database) -> None:
        self._history = history
        self._below = Template(below.name)

    def upgrade(self, code: str, *, limit: float = 300) -> Run:
        """The run of the second revision, which has this code, in a database of its own."""
        rewrite(self._history.revisions[1], written(code))
        self._history.environment.stall_timeout = limit
        with self._history.server.clone(self._below) as database:
            return self._history.upgrade_to_heads(database)


@pytest.fixture(scope="module")
def stands(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[Callable[..., Stand]]:
    """The stand of an env.py and a driver, opened once: what makes the tests differ is in the second revision."""
    with ExitStack() as stack:

        @cache
        def stand(env: str, driver: str) -> Stand:
            subject = project(tmp_path_factory.mktemp("stand"), env, driver)
            history = stack.enter_context(open_history(subject, postgres_server))
            return Stand(history, stack.enter_context(history.build(1)))

        yield stand


@pytest.fixture
def opened(tmp_path: Path, own_server: Server) -> Iterator[Callable[..., History]]:
    """A history of a test's own."""
    with ExitStack() as stack:

        def begin(code: str, *, env: str = ENV, opening: float = 300) -> History:
            subject = replace(project(tmp_path, env), stall_timeout=opening)
            (tmp_path / "migrations" / "versions" / "0002.py").write_text(written(code))
            history = stack.enter_context(open_history(subject, own_server))
            history.environment.stall_timeout = 300  # a short one was for the first run of env.py
            return history

        yield begin


@pytest.fixture
def upgrade(stands: Callable[..., Stand]) -> Upgrade:
    """The upgrade of the second revision, which has this code."""

    def begin(code: str, *, env: str = ENV, driver: str = "psycopg", limit: float = 300) -> Run:
        return stands(env, driver).upgrade(code, limit=limit)

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


def test_wait_that_was_seen_once_is_left_alone(upgrade: Upgrade, monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks like a wait for itself may end by the next look."""
    seen: list[SelfWait] = []

    def once(look: Look, _: object) -> SelfWait | None:
        busy = [one for one in look.backends.values() if one.runs]
        if seen or not busy:
            return None
        seen.append(SelfWait(busy[0], busy[0]))
        return seen[0]

    monkeypatch.setattr(watchdog, "self_wait", once)
    run = upgrade("op.execute('SELECT pg_sleep(1)')")
    assert seen
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
                enough = watchdog.Look.at.call_count + 4
                while watchdog.Look.at.call_count < enough:
                    await asyncio.sleep(0.05)
        held = asyncio.Event()
        task = asyncio.create_task(hold())
        await held.wait()
        await connection.execute(text("SELECT pg_advisory_xact_lock(8)"))
        await connection.commit()
        await task
        await connection.run_sync(migrate)
"""
    env = ASYNC_ENV.replace("        await connection.run_sync(migrate)\n", holder)
    run = upgrade(
        ALTER, env="from schemaproof.migration import watchdog\nfrom sqlalchemy import text\n" + env, driver="asyncpg"
    )
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


def test_lock_of_somebody_else_is_waited_for(opened: Callable[..., History], looks: Callable[[], None]) -> None:
    """Another deployer holds it: idle for the server, and yet at work."""
    history = opened(ALTER)
    with history.build(1) as database, psycopg.connect(database.dsn) as other:
        other.execute("SELECT count(*) FROM t")

        def let_go() -> None:
            looks()
            other.commit()

        thread = threading.Thread(target=let_go)
        thread.start()
        run = history.upgrade_to_heads(database)
        thread.join()
    assert run.error is None, run.told


@pytest.mark.parametrize(("code", "told"), STALLED.values(), ids=STALLED)
def test_run_without_progress_is_ended_and_told(upgrade: Upgrade, code: str, told: str) -> None:
    more = {"env": ASYNC_ENV, "driver": "asyncpg"} if "await_only" in code else {}
    run = upgrade(code, limit=1, **more)
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
    run = upgrade("from sqlalchemy.util import await_only\n" + code, env=env, driver="asyncpg", limit=1)
    assert run.hang is not None, run.told
    assert "migrations/versions/0002.py:" in run.told


def test_run_that_gets_on_may_take_longer_than_the_limit(upgrade: Upgrade) -> None:
    code = "for number in range(6):\n    op.execute(f'SELECT pg_sleep(0.5) /* {number} */')"
    assert upgrade(code, limit=2).error is None


def test_run_that_changes_rows_gets_on(upgrade: Upgrade) -> None:
    code = (
        "op.execute('INSERT INTO u SELECT generate_series(1, 6)')\nwhile op.get_bind().execute(sa.text("
        "'DELETE FROM u USING pg_sleep(0.5) WHERE i = (SELECT min(i) FROM u)')).rowcount:\n    pass"
    )
    assert upgrade(code, limit=2).error is None


def test_env_py_that_does_not_end_is_told_before_any_revision_runs(opened: Callable[..., History]) -> None:
    with pytest.raises(SubjectError) as refused:
        opened(ALTER, env="import time\nwhile True:\n    time.sleep(1)\n", opening=2)
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
    run = upgrade(code, limit=1)
    assert run.hang is not None
    assert str(told[0]).startswith("Revision 0002 does not end: nothing happened for 1 s")
    assert "time.sleep(0.05)" in str(told[0])
