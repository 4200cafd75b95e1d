"""Several deployers at once: what the examples of concurrent-deployers can't show."""

import gc
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import psycopg
import pytest

from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import History, open_history
from schemaproof.postgres import Server
from schemaproof.project.subject import Subject
from schemaproof.proofs.failure import deployers
from schemaproof.proofs.failure.checks import deployers as judging
from schemaproof.proofs.failure.checks.deployers import CONCURRENT_DEPLOYERS
from schemaproof.proofs.failure.deployers import Deployer, applied_twice, race
from tests.schemaproof.conftest import Databases
from tests.schemaproof.projects import ENV, Step, make_project, table

CONNECTED = "    with engine.connect() as connection:\n"
CONFIGURED = "        context.configure(connection=connection, **OPTIONS)\n"


def env(*lines: str, imports: str = "") -> str:
    """The env.py with ``lines`` before Alembic is told of the connection."""
    body = "".join(f"        {line}\n" for line in lines)
    return imports + "from sqlalchemy import inspect, text\n" + ENV.replace(CONFIGURED, body + CONFIGURED)


LOCK = 'connection.execute(text("SELECT pg_advisory_lock(1)")); connection.commit()'
GUARDED = env(LOCK)


@contextmanager
def raced(subject: Subject, server: Server, count: int = 3, **options: Any) -> Iterator[tuple[History, list[Deployer]]]:
    """The history of ``subject``, and what became of ``count`` deployers on an empty database."""
    with open_history(subject, server) as history, server.create() as database:
        yield history, race(history.environment, history.chain.script, database, count=count, **options)


def became(subject: Subject, server: Server, count: int = 3, **options: Any) -> list[Deployer]:
    with raced(subject, server, count, **options) as (_, found):
        return found


def findings(subject: Subject, server: Server, *, alone: bool = False) -> Sequence[Finding]:
    with open_history(subject, server, alone=alone) as history:
        found = tuple(CONCURRENT_DEPLOYERS.examine(history))
        history.close()
        history.roles.drop(history.texts)
        return found


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three deployers, each of which costs a process: enough where all of them come to the gate."""
    monkeypatch.setattr(judging, "DEFAULT_DEPLOYERS", 3)


few = pytest.mark.usefixtures("_few")


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def test_one_deployer_applies_and_the_others_find_it_done(tmp_path: Path, own_server: Server) -> None:
    found = became(make_project(tmp_path, [table("t"), table("u")], env=GUARDED), own_server)
    assert sorted(len(one.applied) for one in found) == [0, 0, 2]
    assert [one.told for one in found] == ["", "", ""]


def test_new_processes_find_what_forked_ones_find(tmp_path: Path, own_server: Server) -> None:
    """As on a platform where fork is not safe."""
    subject = make_project(tmp_path, [table("t")])
    failed = {sum(bool(one.told) for one in became(subject, own_server, 2, method=how)) for how in ("fork", "spawn")}
    assert failed == {1}


def test_deployers_that_hang_are_ended_and_told(tmp_path: Path, own_server: Server, databases: Databases) -> None:
    subject = make_project(tmp_path, [Step("SELECT pg_sleep(600)")], env=GUARDED)
    before, start = children(), time.monotonic()
    found = became(subject, own_server, patience=2.0)
    assert time.monotonic() - start < 30
    assert [one.hung for one in found] == [True, True, True]
    assert "pg_sleep(600)" in found[0].told
    assert "(advisory)" in found[0].told
    assert children() == before
    assert databases() == set()


def test_deployer_that_dies_is_told(tmp_path: Path, own_server: Server) -> None:
    subject = make_project(tmp_path, [table("t")], env=env(LOCK))
    revision = subject.project / "migrations" / "versions" / "0001.py"
    revision.write_text(
        revision.read_text().replace("    op.execute('CREATE", "    import os; os._exit(3)\n    op.execute('CREATE")
    )
    assert "exit code 3" in became(subject, own_server, 1)[0].told


def test_no_process_and_no_database_is_left_after_an_interrupt(
    tmp_path: Path, own_server: Server, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(deployers._Referee, "_may_open", interrupted)
    before = children()
    with pytest.raises(KeyboardInterrupt):
        became(make_project(tmp_path, [table("t")]), own_server)
    assert children() == before
    assert databases() == set()


def test_error_of_the_harness_in_a_deployer_is_raised(
    tmp_path: Path, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(deployers, "_upgrade", broken)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        became(make_project(tmp_path, [table("t")]), own_server)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_sessions_that_a_deployer_leaves_are_not_ended_by_another(tmp_path: Path, own_server: Server) -> None:
    """Where one is alone the harness ends what a pool of env.py keeps, on the database of all."""
    pooled = GUARDED.replace("poolclass=NullPool", "pool_size=1") + "    kept = engine.connect()\n"
    found = became(make_project(tmp_path, [table("t")], env=pooled), own_server, 6)
    gc.collect()  # the one that was left in this process, when env.py was probed
    assert [one.told for one in found] == [""] * 6


def test_harness_own_session_on_the_database_lives_on(tmp_path: Path, own_server: Server) -> None:
    subject = make_project(tmp_path, [table("t")], env=GUARDED)
    with (
        open_history(subject, own_server) as history,
        own_server.create() as database,
        psycopg.connect(database.dsn, application_name="schemaproof") as connection,
    ):
        race(history.environment, history.chain.script, database, count=2)
        assert connection.execute("SELECT 1").fetchone() == (1,)


@few
def test_deployer_that_leaves_the_work_to_another_has_not_failed(tmp_path: Path, own_server: Server) -> None:
    guard = 'if not connection.scalar(text("SELECT pg_try_advisory_lock(1)")): raise SystemExit(0)'
    subject = make_project(tmp_path, [table("t"), table("u")], env=env(guard, "connection.commit()"))
    assert findings(subject, own_server) == ()


TOGETHER = "processes that ran `alembic upgrade heads` at the same time"
REFUSES = 'if not connection.scalar(text("SELECT pg_try_advisory_lock(1)")): '
HASTY = 'connection.execute(text("SET lock_timeout = 50"))'


# Who asks once is refused as long as another one stands at the gate. Who waits 50 ms may still wait when it opens.
@pytest.mark.parametrize(
    ("lines", "refused"),
    [
        ([REFUSES + 'raise RuntimeError("another deployer is at work")', "connection.commit()"], "2 of 3"),
        ([REFUSES + 'raise SystemExit("another deployer is at work")', "connection.commit()"], "2 of 3"),
        ([HASTY, LOCK], "[1-7] of 8"),
    ],
)
def test_deployer_that_gives_up_while_another_is_at_work_is_a_note(
    tmp_path: Path, own_server: Server, monkeypatch: pytest.MonkeyPatch, lines: list[str], refused: str
) -> None:
    monkeypatch.setattr(judging, "DEFAULT_DEPLOYERS", int(refused.rsplit(maxsplit=1)[-1]))
    (finding,) = findings(make_project(tmp_path, [table("t"), table("u")], env=env(*lines)), own_server)
    assert finding.severity is Severity.NOTE
    assert re.search(f"gives up while another one is at work: {refused} on an empty database", finding.message)
    assert "restartPolicy" in finding.remedy


@few
def test_deployers_that_all_give_up_leave_the_work_undone(tmp_path: Path, own_server: Server) -> None:
    """Where there is one alone, in this process, it gets on."""
    refuses = f"if getpid() != {os.getpid()}: raise RuntimeError('taken')"
    lines = env(LOCK, refuses, imports="from os import getpid\n")
    (finding,) = findings(make_project(tmp_path, [table("t")], env=lines), own_server)
    assert finding.severity is Severity.ERROR
    assert finding.message.startswith(f"3 of 3 {TOGETHER} failed on an empty database: ")


@few
def test_mistake_where_a_deployer_waits_is_no_refusal(tmp_path: Path, own_server: Server) -> None:
    lines = env(REFUSES + "connection.no_such_method()", "connection.commit()")
    (finding,) = findings(make_project(tmp_path, [table("t")], env=lines), own_server)
    assert finding.severity is Severity.ERROR
    assert "no_such_method" in finding.evidence


# A lock that keeps nobody out, since each session has a number of its own; and past SQLAlchemy.
RAW = 'connection.connection.cursor().execute("SELECT pg_advisory_lock(pg_backend_pid())")'


@few
@pytest.mark.parametrize(
    ("lines", "severity"),
    [
        ([], Severity.NOTE),
        (['connection.execute(text("SET lock_timeout = 0"))', "connection.commit()"], Severity.NOTE),
        (['connection.execute(text("SELECT pg_advisory_xact_lock(1)"))', "connection.rollback()"], Severity.ERROR),
        ([RAW, "connection.rollback()"], Severity.ERROR),
        (
            [
                'if inspect(connection).has_table("t"): connection.execute(text("LOCK TABLE t"))',
                "connection.rollback()",
            ],
            Severity.ERROR,
        ),
    ],
)
def test_project_that_takes_a_lock_means_to_let_one_in(
    tmp_path: Path, own_server: Server, lines: list[str], severity: Severity
) -> None:
    (finding,) = findings(make_project(tmp_path, [table("t")], env=env(*lines)), own_server)
    assert finding.severity is severity
    assert ("the lock: " in finding.evidence) is (severity is Severity.ERROR)


def test_project_that_says_how_many_deploy_is_warned(tmp_path: Path, own_server: Server) -> None:
    subject = replace(make_project(tmp_path, [table("t")]), deployers=3)
    (finding,) = findings(subject, own_server)
    assert finding.severity is Severity.WARNING
    assert f" of 3 {TOGETHER} failed on an empty database" in finding.message


def test_deployer_that_begins_anew_after_a_collision_has_not_applied_twice(tmp_path: Path, own_server: Server) -> None:
    """Ugly, and none fails: it is rolled back, and the second time there is nothing to do."""
    head, body = ENV.split(CONNECTED)
    again = (
        head
        + "    for attempt in range(9):\n      try:\n"
        + "".join(f"    {line}" for line in (CONNECTED + body).splitlines(keepends=True))
    )
    again += "        break\n      except Exception:\n        if attempt == 8:\n          raise\n"
    found = became(make_project(tmp_path, [table("t")], env=again), own_server)
    assert [one.told for one in found] == ["", "", ""]
    assert applied_twice(found) == []


@few
def test_revision_that_all_record_is_applied_more_than_once(tmp_path: Path, own_server: Server) -> None:
    """The version table is made before, under a lock, and takes a revision twice."""
    made = 'connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num varchar(32))"))'
    lock = 'connection.execute(text("SELECT pg_advisory_xact_lock(1)"))'
    lines = env(lock, made, "connection.commit()")
    subject = make_project(tmp_path, [Step("SELECT 1")], env=lines, options='{"version_table_pk": False}')
    (finding,) = findings(subject, own_server)
    assert finding.severity is Severity.ERROR
    assert f"several of 3 {TOGETHER} applied 0001 on an empty database" in finding.message


@few
def test_other_schema_than_that_of_one_deployer_is_an_error(tmp_path: Path, own_server: Server) -> None:
    late = 'if not connection.scalar(text("SELECT pg_try_advisory_lock(1)")):'
    odd = 'connection.execute(text("CREATE TABLE IF NOT EXISTS odd (id int)"))'
    subject = make_project(tmp_path, [table("t")], env=env(late, f"    {LOCK}", f"    {odd}", "connection.commit()"))
    (finding,) = findings(subject, own_server)
    assert finding.severity is Severity.ERROR
    assert "table public.odd" in finding.evidence


def test_only_the_database_that_is_not_guarded_is_named(tmp_path: Path, own_server: Server) -> None:
    """Nobody can lock a version table that is not there yet."""
    online = "            context.run_migrations()\n"
    lock = 'if inspect(connection).has_table("alembic_version"): context.execute("LOCK TABLE alembic_version")'
    late = env().replace(online, f"            {lock}\n{online}")
    (finding,) = findings(make_project(tmp_path, [table("t"), table("u")], env=late), own_server)
    # Seven, unless one began so late that it found everything done.
    assert re.match(rf"[1-7] of 8 {TOGETHER} failed on an empty database: [^;]+ apart\.$", finding.message)


@few
def test_state_that_one_deployer_cannot_upgrade_either_is_a_note(tmp_path: Path, own_server: Server) -> None:
    """A new label can be used in the transaction that makes the type, and not in the one that adds it."""
    steps = [
        Step("CREATE TYPE mood AS ENUM ('sad')", "DROP TYPE mood"),
        Step("ALTER TYPE mood ADD VALUE 'ok'"),
        Step("CREATE TABLE t (mood mood DEFAULT 'ok')", "DROP TABLE t"),
    ]
    (finding,) = findings(make_project(tmp_path, steps, env=GUARDED), own_server)
    assert (finding.severity, finding.revision) == (Severity.NOTE, "0003")


@few
def test_role_that_a_revision_makes_is_dropped(tmp_path: Path, own_server: Server, role: str) -> None:
    steps = [Step(f"CREATE ROLE {role}", f"DROP ROLE {role}"), table("t")]
    assert findings(make_project(tmp_path, steps, env=GUARDED), own_server, alone=True) == ()
    assert role not in own_server.roles()


SETTLED = ("arrived", "ended", "polling")


def referee(waiting: int, *states: str) -> deployers._Referee:
    """One whose deployers are in these states: "arrived", "ended", "polling", or something else."""
    made = object.__new__(deployers._Referee)
    made._calm, made._news = 0, time.monotonic()
    made._racers = [
        SimpleNamespace(arrived=state == "arrived", ended=state == "ended", settled=state in SETTLED)  # type: ignore[misc]  # a stand-in
        for state in states
    ]
    made._waiting = lambda: waiting  # type: ignore[method-assign]  # a stand-in
    return made


def looks(gate: deployers._Referee) -> list[bool]:
    return [gate._may_open() for _ in range(3)]


@pytest.mark.parametrize(
    ("gate", "opens"),
    [
        (referee(0, "arrived", "arrived"), [True, True, True]),
        (referee(0, "arrived", "ended", "polling"), [True, True, True]),
        (referee(1, "arrived", "under way"), [False, True, True]),  # one wait for a lock may be over in an instant
        (referee(1, "arrived", "under way", "under way"), [False, False, False]),
        (referee(2, "under way", "under way"), [False, False, False]),  # nobody would pass
        (referee(0, "ended", "ended"), [False, False, False]),
    ],
)
def test_gate_opens_when_nobody_else_can_come(gate: deployers._Referee, opens: list[bool]) -> None:
    gate._news = time.monotonic()
    assert looks(gate) == opens


def test_gate_opens_after_a_while_for_those_who_wait_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployers, "_CAP", -1.0)
    assert looks(referee(0, "arrived", "under way")) == [True, True, True]
