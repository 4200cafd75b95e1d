"""The process that crashes a server of its own: what it finds arrives, and nothing of it is left."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from schemaproof.migration.history import open_history
from schemaproof.postgres import Options, PostgresError, Server, start
from schemaproof.project.subject import SubjectError
from schemaproof.proofs.failure.checks.crash import CRASH_RECOVERY
from schemaproof.proofs.failure.crashing import Crasher, standing_by
from schemaproof.proofs.failure.failures import Failures
from tests.schemaproof.processes import ended, wait_until
from tests.schemaproof.projects import ENV, Step, make_project, table
from tests.schemaproof.proofs.failure.conftest import Open, sent, write_upgrade

COMMITS = sent("CREATE TABLE x (i int)", "COMMIT", "CREATE TABLE y (i int)")
SETTINGS = "import os\nURL = os.environ['DATABASE_URL']\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server whose like is quick to start."""
    with start(Options(provider="embedded")) as server:
        yield server


def below(pid: int) -> list[psutil.Process]:
    """The server processes that the process ``pid`` has started."""
    try:
        return [one for one in psutil.Process(pid).children(recursive=True) if one.name() == "postgres"]
    except psutil.NoSuchProcess:
        return []


def folders_below(pid: int) -> set[Path]:
    """The data directories of the servers that the process ``pid`` has started."""
    with suppress(psutil.NoSuchProcess):
        commands = [one.cmdline() for one in below(pid)]
        return {Path(command[command.index("-D") + 1]) for command in commands if "-D" in command}
    return set()


@pytest.fixture
def _forked() -> Iterator[None]:
    """The process that crashes is a fork, as in a run of the command, and no new one that has to import everything."""
    with standing_by():
        yield


@pytest.fixture
def crasher(tmp_path: Path, server: Server, _forked: None) -> Iterator[Crasher]:
    """One that has begun, with its server."""
    crasher = Crasher(make_project(tmp_path, [table("t")]), server, everywhere=False)
    assert crasher._process.pid is not None
    wait_until(lambda: folders_below(crasher._process.pid or 0), every=0.1)
    yield crasher
    crasher.end()


def test_findings_of_crashes_arrive(tmp_path: Path, server: Server) -> None:
    """The project reads its URL when it is imported, and a crash empties the unlogged table, as it may.

    The process that crashes is a new one here.
    """
    (tmp_path / "crashed_settings.py").write_text(SETTINGS)
    env = ENV.replace(
        'engine = engine_from_config(config.get_section("alembic"), ',
        "import crashed_settings\n"
        "    from sqlalchemy import create_engine\n    engine = create_engine(crashed_settings.URL, ",
    )
    unlogged = Step("CREATE UNLOGGED TABLE u (id int PRIMARY KEY)", "DROP TABLE u")
    subject = make_project(tmp_path, [unlogged, Step(""), table("t")], env=env)
    write_upgrade(tmp_path, 2, COMMITS)
    with (tmp_path / "alembic.ini").open("a") as file:
        file.write("prepend_sys_path = %(here)s\npath_separator = os\n")
    told: list[str] = []
    with open_history(subject, server) as history:
        history.told = told.append
        found = list(CRASH_RECOVERY.examine(history))
        tally = history.kept(Failures).tally
    assert [(one.revision, str(one.severity)) for one in found] == [("0002", "error")]
    assert "table public.x: is extra" in found[0].evidence
    assert told == ["0001", "0002", "0003"]
    assert (tally.injected, tally.survived) == (8, 6)  # the third is to a crash what the first is


@pytest.mark.usefixtures("_forked", "errors_only")  # in this order: the fork crashes its server all the same
def test_only_what_is_like_nothing_before_is_crashed(tmp_path: Path, server: Server) -> None:
    """Good runs tell which revisions are one transaction; to a crash it matters only whether its COMMIT waits."""
    steps = [table("s"), table("t"), Step(""), table("u"), Step(""), Step("")]
    subject = make_project(tmp_path, steps)
    write_upgrade(tmp_path, 3, COMMITS)
    for number in (5, 6):
        write_upgrade(tmp_path, number, sent("SET LOCAL synchronous_commit = off", f"CREATE TABLE a{number} (i int)"))
    told: list[str] = []
    with open_history(subject, server) as history:
        for script in history.revisions:
            history.kept(Failures).of(script.revision)
        history.told = told.append
        found = [(one.check, one.revision) for one in CRASH_RECOVERY.examine(history)]
    assert told == ["0001", "0003", "0005", "0006"]
    assert found == [("crash-recovery", revision) for revision in ("0003", "0005", "0006")]


def test_crasher_that_is_interrupted_is_gone_with_its_server(crasher: Crasher) -> None:
    pid = crasher._process.pid or 0
    processes, folders = below(pid), folders_below(pid)
    assert folders
    crasher.end()
    assert crasher._process.exitcode is not None
    wait_until(lambda: all(map(ended, processes)) and not any(folder.exists() for folder in folders))


def test_crasher_that_dies_is_told(crasher: Crasher) -> None:
    os.kill(crasher._process.pid or 0, signal.SIGKILL)
    with pytest.raises(PostgresError, match=r"ended by itself \(SIGKILL\)"):
        crasher.finish({}, print)


@pytest.mark.usefixtures("_forked")
def test_error_of_the_crasher_is_raised(tmp_path: Path, server: Server) -> None:
    crasher = Crasher(make_project(tmp_path, [table("t")], env="raise ZeroDivisionError"), server, everywhere=False)
    with pytest.raises(SubjectError, match=r"env\.py"):
        crasher.finish({}, print)
    crasher.end()


@pytest.mark.usefixtures("_forked")
def test_history_that_is_closed_ends_its_crasher(open_: Open, server: Server, own_server: Server) -> None:
    own_server.options = server.options
    history = open_(table("t"))
    history.kept(Failures).begin_crashes()
    crasher = history.kept(Failures)._crasher
    assert crasher is not None
    history.close()
    assert crasher._process.exitcode is not None
