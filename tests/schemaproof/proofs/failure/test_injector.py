"""Each fault really happens, where it is to happen, with either driver."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache

import alembic.context
import asyncpg
import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from schemaproof.migration.environment import Run, sqlstate
from schemaproof.migration.history import History, open_history
from schemaproof.postgres import Server
from schemaproof.proofs.failure import injector
from schemaproof.proofs.failure.child import run_in_child
from schemaproof.proofs.failure.fault import Fault
from schemaproof.proofs.failure.injector import Injector
from schemaproof.proofs.failure.sites import Site
from schemaproof.proofs.failure.state import Watcher
from tests.schemaproof.projects import ENV, Step, make_project, table
from tests.schemaproof.proofs.failure.conftest import ASYNC_ENV, Open, Ran, Stage, StageOf, sent, with_upgrade
from tests.schemaproof.rewritten import rewrite

CODE = sent("CREATE TABLE x (i int)", "ALTER TABLE t ADD j int")
CONCURRENTLY = (
    'with op.get_context().autocommit_block():\n    op.execute("CREATE UNIQUE INDEX CONCURRENTLY i ON t (id)")'
)
LOST = {"psycopg": psycopg.OperationalError, "asyncpg": asyncpg.PostgresConnectionError}

type Strike = Callable[..., Ran]
type SitesOf = Callable[[Stage, str], tuple[Site, ...]]


@pytest.fixture(params=["psycopg", "asyncpg"])
def driver(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[Callable[[str], History]]:
    """That of a driver, opened once: what makes the tests differ is in its second revision."""
    with ExitStack() as stack:

        @cache
        def history(driver: str) -> History:
            env = ASYNC_ENV if driver == "asyncpg" else ENV
            subject = make_project(tmp_path_factory.mktemp(driver), [table("t"), Step("SELECT 1")], env=env)
            opened = stack.enter_context(open_history(replace(subject, driver=driver), postgres_server))
            opened.lend(1)
            return opened

        yield history


@pytest.fixture
def stage(histories: Callable[[str], History], stage_of: StageOf, driver: str) -> Callable[[str], Stage]:
    """A stage of the history whose second revision has this code."""

    def begin(code: str) -> Stage:
        history = histories(driver)
        rewrite(history.revisions[1], with_upgrade(2, code))
        return stage_of(history)

    return begin


@pytest.fixture(scope="module")
def known() -> dict[tuple[str, str], tuple[Site, ...]]:
    """By driver and code, where a good run can fail: it is run once for all tests of that code."""
    return {}


@pytest.fixture
def sites(known: dict[tuple[str, str], tuple[Site, ...]], driver: str) -> SitesOf:
    """Where the upgrade of the second revision can fail, which has this code."""

    def found(stage: Stage, code: str) -> tuple[Site, ...]:
        if (driver, code) not in known:
            known[driver, code] = stage.sites("0002")
        return known[driver, code]

    return found


@pytest.fixture
def strike(stage: Callable[[str], Stage], sites: SitesOf) -> Strike:
    """Let a fault happen in the upgrade of the second revision, which has this code."""

    def begin(site: str, fault: Fault, code: str = CODE) -> Ran:
        made = stage(code)
        (at,) = (one for one in sites(made, code) if one.id == site)
        return made.strike("0002", at, fault)

    return begin


def names(watcher: Watcher, name: str) -> bool:
    """Whether there is a relation of this name."""
    return watcher.connection.execute("SELECT to_regclass(%s)", [name]).fetchone() != (None,)


def raised(run: Run) -> BaseException:
    """The driver's own error."""
    assert isinstance(run.error, DBAPIError)
    error = run.error.orig
    assert error is not None
    return error.__cause__ if type(error).__module__.startswith("sqlalchemy") and error.__cause__ else error


@pytest.mark.parametrize("site", ["statement-01", "statement-03", "commit-01"])
def test_error_is_the_servers_and_the_drivers_own(strike: Strike, driver: str, site: str) -> None:
    ran = strike(site, Fault.ERROR)
    assert (sqlstate(ran.run.error), ran.injector.fired) == ("53100", True)
    assert isinstance(raised(ran.run), psycopg.errors.DiskFull if driver == "psycopg" else asyncpg.DiskFullError)
    assert not names(ran.watcher, "x")


@pytest.mark.parametrize(("fault", "value"), [(Fault.ERROR, 1), (Fault.ERROR_AFTER, 1000)])
def test_error_after_comes_when_the_statement_has_run(
    open_: Open, stage_of: StageOf, driver: str, fault: Fault, value: int
) -> None:
    """A sequence keeps what a transaction did to it that was rolled back."""
    history = open_("op.execute('CREATE SEQUENCE s')", sent("SELECT setval('s', 1000)"), driver=driver)
    ran = stage_of(history).strike("0002", "statement-01", fault)
    assert sqlstate(ran.run.error) == "53100"
    assert ran.watcher.connection.execute("SELECT last_value FROM s").fetchone() == (value,)


@pytest.mark.parametrize("fault", [Fault.DISCONNECT, Fault.DISCONNECT_AFTER])
def test_disconnect_ends_the_session(strike: Strike, driver: str, fault: Fault) -> None:
    ran = strike("statement-02", fault)
    assert isinstance(raised(ran.run), LOST[driver])
    assert ran.watcher.busy(0) == []
    assert not names(ran.watcher, "x")


def test_disconnect_at_commit_commits_nothing(strike: Strike, driver: str) -> None:
    ran = strike("commit-01", Fault.DISCONNECT)
    assert isinstance(raised(ran.run), LOST[driver])
    assert ran.watcher.versions() == ("0001",)


def test_lost_commit_is_done_and_the_client_gets_an_error(strike: Strike, driver: str) -> None:
    ran = strike("commit-01", Fault.COMMIT_LOST)
    assert isinstance(raised(ran.run), LOST[driver])
    assert ran.watcher.versions() == ("0002",)
    assert names(ran.watcher, "x")


def test_error_at_commit_ends_the_transaction_as_a_failed_commit_does(strike: Strike) -> None:
    """SQLAlchemy does not roll back after it: once an open transaction kept connections from being closed."""
    ran = strike("commit-02", Fault.ERROR, f"{CONCURRENTLY}\n{CONCURRENTLY.replace('i ON', 'k ON')}")
    assert sqlstate(ran.run.error) == "53100"
    assert ran.watcher.busy(0) == []


def test_dialect_of_a_kept_engine_commits_by_itself_again(open_: Open, stage_of: StageOf) -> None:
    env = ENV.replace("engine =", "engine = context.kept =")
    stage_of(open_(table("t"), CODE, env=env)).strike("0002", "commit-01", Fault.ERROR)
    kept = vars(alembic.context).pop("kept")
    assert "do_commit" not in vars(kept.dialect)


def test_lock_lets_the_statement_wait_until_the_timeout(strike: Strike) -> None:
    start = time.monotonic()
    ran = strike("statement-02", Fault.LOCK)
    assert sqlstate(ran.run.error) == "55P03"
    assert time.monotonic() - start < 5
    assert (ran.injector.fired, ran.injector.hung) == (True, False)


def test_lock_on_the_version_table_is_one_too(strike: Strike) -> None:
    assert sqlstate(strike("statement-03", Fault.LOCK).run.error) == "55P03"


def test_lock_is_released(strike: Strike) -> None:
    ran = strike("statement-02", Fault.LOCK)
    assert ran.watcher.busy(0, ran.injector.holder_pid) == []
    assert len(ran.watcher.busy(0)) == 1
    ran.injector.release()
    assert ran.injector.holder_pid == ()
    assert ran.watcher.busy(1) == []


def test_writer_leaves_an_invalid_index(strike: Strike) -> None:
    ran = strike("statement-01", Fault.WRITER, CONCURRENTLY)
    assert sqlstate(ran.run.error) == "55P03"
    query = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('i')"
    assert ran.watcher.connection.execute(query).fetchall() == [(False,)]


@pytest.mark.parametrize(("site", "fault"), [("statement-02", Fault.KILLED), ("commit-01", Fault.KILLED_AFTER)])
def test_killed_process_leaves_what_it_has_committed(
    stage: Callable[[str], Stage], sites: SitesOf, site: str, fault: Fault
) -> None:
    made = stage(CODE)
    (at,) = (one for one in sites(made, CODE) if one.id == site)
    watcher = made.watcher(made.database("0002"))
    assert run_in_child(lambda: made.run("0002", watcher, Injector(at, fault, watcher)))
    assert watcher.busy(5) == []
    assert watcher.versions() == ("0002" if fault is Fault.KILLED_AFTER else "0001",)


def test_fault_that_the_run_does_not_come_to_has_not_happened(stage: Callable[[str], Stage], sites: SitesOf) -> None:
    made = stage(CODE)
    beyond = replace(sites(made, CODE)[-2], place=99)
    ran = made.strike("0002", beyond, Fault.ERROR)
    assert (ran.run.error, ran.injector.fired) == (None, False)


def test_statement_that_reads_otherwise_in_each_run_is_met_all_the_same(strike: Strike) -> None:
    """A random key, or the database's name, which is another in each clone."""
    ran = strike("statement-01", Fault.ERROR, "import uuid\nop.execute(f\"SELECT '{uuid.uuid4()}'\")")
    assert (sqlstate(ran.run.error), ran.injector.fired) == ("53100", True)


def test_run_that_would_wait_for_ever_is_bounded(strike: Strike, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(injector, "_PATIENCE", 0.3)
    code = """
op.execute("SET lock_timeout = '10ms'")
while True:
    try:
        with op.get_bind().begin_nested():
            op.execute("ALTER TABLE t ADD j int")
        break
    except sa.exc.DBAPIError:
        pass
"""
    ran = strike("statement-03", Fault.LOCK, code)
    ran.injector.release()
    assert (ran.injector.hung, ran.injector.fired) == (True, True)
    assert ran.run.error is None


def test_lock_that_nobody_can_take_has_not_happened(strike: Strike) -> None:
    """The statement needs no lock that the session has not got already."""
    ran = strike("statement-02", Fault.LOCK, sent("LOCK TABLE t", "ALTER TABLE t ADD j int"))
    assert (ran.run.error, ran.injector.fired) == (None, False)
