"""Ctrl-C at many moments of ``schemaproof verify``: the terminal sends it to the whole foreground process group.

At its moment a project's code makes a file and stays where it is, so no test depends on the clock.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from schemaproof.postgres import Server
from schemaproof.postgres.owner import Owner
from schemaproof.run import interruption
from tests.schemaproof.processes import ended, wait_until
from tests.schemaproof.projects import ENV, Step, make_project, table
from tests.schemaproof.warm import Warm

ROOT = Path(__file__).parents[3]
COMMAND = str(Path(sys.executable).with_name("schemaproof"))

pytestmark = pytest.mark.usefixtures("proved_server")

# It is to end within 3 s. On a machine that does much else at the same time, each of its steps takes longer.
PATIENCE = 3 + 3  # seconds

LEAVES_TABLE = Step("CREATE TABLE t (id int PRIMARY KEY)", "SELECT 1")

STAY = """
import pathlib, time
def stay(how=lambda: time.sleep(60)):
    pathlib.Path({moment!r}).touch()
    how()
def first():
    \"\"\"Whether this is the process that ran env.py first.\"\"\"
    import os
    known = pathlib.Path({moment!r} + "-pid")
    if not known.exists():
        known.write_text(str(os.getpid()))
    return known.read_text() == str(os.getpid())
def times():
    \"\"\"How often this was called, in whatever process.\"\"\"
    with open({moment!r} + "-times", "a+") as file:
        file.write(".")
        return file.tell()
def endure():
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass
"""

MODEL = """
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table
METADATA = MetaData()
Table("t", METADATA, Column("id", Integer, primary_key=True))
key = ForeignKey("t.id", ondelete="CASCADE")
Table("u", METADATA, Column("id", Integer, primary_key=True), Column("t", Integer, key))
Table("v", METADATA, Column("id", Integer, primary_key=True))
"""


@dataclass(frozen=True)
class Moment:
    """When the project stays where it is.

    Attributes:
        env: code at the top of env.py.
        revision: code at the top of the second revision's file.
        upgrade: code in its upgrade, before the statement.
        downgrade: code in its downgrade.
        rows: whether the project has a strategy for rows, which stays.
        select: the checks to ask; by default few that are quick.
    """

    env: str = ""
    revision: str = ""
    upgrade: str = ""
    downgrade: str = ""
    rows: str = ""
    select: str = "downgrade-missing,downgrade-restores"


MOMENTS = {
    "env-is-imported": Moment(env="stay()"),
    "revision-is-imported": Moment(revision="stay()"),
    "upgrade": Moment(upgrade="stay()"),
    "downgrade": Moment(downgrade="stay()"),
    "statement": Moment(upgrade='stay(lambda: op.execute("SELECT pg_sleep(60)"))'),
    "asyncio": Moment(upgrade="import asyncio; stay(lambda: asyncio.run(asyncio.sleep(60)))"),
    "catches-everything": Moment(upgrade="stay(endure)"),
    "takes-the-signal": Moment(
        upgrade="import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, print);"
        " stay(endure)"
    ),
    "subprocess": Moment(upgrade='import subprocess; stay(lambda: subprocess.run(["sleep", "60"]))'),
    "thread": Moment(upgrade="import threading; threading.Thread(target=endure).start(); stay()"),
    "worker": Moment(upgrade="first() or stay()", select="downgrade-missing,atomicity"),
    "fault": Moment(upgrade="times() == 6 and stay()", select="downgrade-missing,atomicity"),
    "crash": Moment(
        upgrade='op.get_bind().exec_driver_sql("SHOW fsync").scalar() == "on" and stay()',
        select="downgrade-missing,crash-recovery",
    ),
    "deployers": Moment(upgrade="first() or stay()", select="upgrade-from-empty,concurrent-deployers"),
    "hypothesis": Moment(
        rows="import hypothesis.strategies as st\n"
        "STRATEGIES = {'public.t.id': st.integers(1, 9).map(lambda _: stay())}",
        select="upgrade-from-empty,delete-in-sql",
    ),
}


def project_that_stays(folder: Path, moment: Moment) -> Path:
    """A project of three revisions, the first of them faulty; the file that it makes at ``moment``."""
    made = folder / "moment"
    stay = STAY.format(moment=str(made))
    second = Step("CREATE TABLE u (id int PRIMARY KEY, t int REFERENCES t ON DELETE CASCADE)", "DROP TABLE u")
    env = f"{stay}\nfirst()\n{moment.env}\n{MODEL if moment.rows else ''}{ENV}"
    options = '{"target_metadata": METADATA}' if moment.rows else "{}"
    make_project(folder, [LEAVES_TABLE, second, table("v")], env=env, options=options)
    file = folder / "migrations" / "versions" / "0002.py"
    upgrade, downgrade = (f"{code or 'pass'}\n    op.execute" for code in (moment.upgrade, moment.downgrade))
    text = file.read_text()
    text = text.replace("op.execute", upgrade, 1)
    before, after = text.split("def downgrade")
    file.write_text(f"{stay}\n{before}\n{moment.revision}\ndef downgrade{after.replace('op.execute', downgrade)}")
    if moment.rows:
        (folder / "rows_that_stay.py").write_text(stay + moment.rows)
        (folder / "pyproject.toml").write_text('[tool.schemaproof]\nrows = "rows_that_stay:STRATEGIES"\n')
        with (folder / "alembic.ini").open("a") as ini:
            ini.write("prepend_sys_path = %(here)s\n")
    return made


@dataclass
class Ended:
    """How a run ended after an interrupt.

    Attributes:
        status: its exit status.
        seconds: from the signal on.
        out: what it printed.
        err: what it said on standard error.
        document: the report as JSON.
    """

    status: int
    seconds: float
    out: str
    err: str
    document: dict[str, Any] = field(default_factory=dict)


def interrupt(
    warm: Warm, folder: Path, *arguments: str, when: Callable[[], object], on: Server | None = None, again: bool = False
) -> Ended:
    """Run ``verify``, interrupt its process group ``when`` something is so; all of its processes are gone then.

    It runs ``on`` a server, by default on one of its own.
    """
    pid = folder / "pid"
    postgres = on.url.render_as_string(hide_password=False) if on else "embedded"
    command = [str(pid), "schemaproof", *verifying(folder, postgres), *arguments]
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(warm.run, "tests.schemaproof.foreground", *command, cwd=ROOT)
        wait_until(lambda: when() or running.done(), within=120)
        assert not running.done(), running.result().stderr
        leader = int(pid.read_text())
        started = psutil.Process(leader).children(recursive=True)
        begun = time.monotonic()
        try:
            os.killpg(leader, signal.SIGINT)
            if again:
                time.sleep(0.1)
                with suppress(ProcessLookupError):
                    os.killpg(leader, signal.SIGINT)
            done = running.result(30)
            seconds = time.monotonic() - begun
            wait_until(lambda: all(map(ended, started)), within=PATIENCE)
        finally:
            if not running.done():
                os.kill(leader, signal.SIGKILL)
    return told(folder, done.returncode, seconds, done.stdout, done.stderr)


def verifying(folder: Path, postgres: str) -> list[str]:
    """The command's arguments, but for the checks."""
    files = ["--json", str(folder / "r.json"), "--junit", str(folder / "r.xml")]
    return ["verify", "--project", str(folder), "--postgres", postgres, "--driver", "psycopg", *files]


def told(folder: Path, status: int, seconds: float, out: str, err: str) -> Ended:
    """With the report that it wrote."""
    print(f"ended after {seconds:.2f} s")
    document = json.loads((folder / "r.json").read_text()) if (folder / "r.json").exists() else {}
    return Ended(status, seconds, out, err, document)


def assert_in_order(run: Ended) -> None:
    """It ended in time, with one line that says so."""
    assert run.status == 130
    assert run.seconds < PATIENCE
    assert "Traceback" not in run.err + run.out
    lines = run.err.splitlines()
    assert [line for line in lines if "interrupted" in line] == lines[-1:]
    assert lines[-1].startswith("schemaproof: interrupted ")


def assert_told(run: Ended, folder: Path) -> None:
    """Its reports say so too."""
    assert run.document["verdict"] in {"faulty", "incomplete"}
    (obstacle,) = run.document["obstacles"]
    assert obstacle["kind"] == "interrupted"
    assert f"schemaproof: {obstacle['cause']}" == run.err.splitlines()[-1]
    assert f'<error message="{obstacle["cause"]}" type="interrupted"' in (folder / "r.xml").read_text()


@pytest.mark.parametrize("name", [name for name in MOMENTS if name != "upgrade"])  # that is the next test's
def test_interrupt_ends_the_run_in_order(warm: Warm, tmp_path: Path, name: str) -> None:
    stays = project_that_stays(tmp_path, MOMENTS[name])
    run = interrupt(warm, tmp_path, "--select", MOMENTS[name].select, when=stays.exists)
    assert_in_order(run)
    assert_told(run, tmp_path)


def test_interrupt_keeps_what_was_found(warm: Warm, tmp_path: Path) -> None:
    stays = project_that_stays(tmp_path, MOMENTS["upgrade"])
    run = interrupt(warm, tmp_path, "--select", "downgrade-missing,parity-catalog", when=stays.exists)
    assert_in_order(run)
    assert_told(run, tmp_path)
    assert run.err.splitlines()[-1] == "schemaproof: interrupted at revision 2 of 3 (0002)"
    assert "error[downgrade-missing] The downgrade of 0001 does nothing." in run.out
    assert run.out.splitlines()[-1].startswith("faulty, and not everything was checked: ")
    assert [(one["check"], one["revision"]) for one in run.document["findings"]] == [("downgrade-missing", "0001")]
    assert {one["id"]: (bool(one["skipped"]), one["not_asked"]) for one in run.document["checks"]} == {
        "downgrade-missing": (True, ["0002", "0003"]),
        "parity-catalog": (True, []),
    }


@pytest.mark.parametrize("name", ["revision-is-imported", "worker", "fault", "deployers"])
def test_interrupt_on_a_server_that_stays_is_taken_for_no_error(
    warm: Warm, tmp_path: Path, postgres_server: Server, name: str
) -> None:
    """There the process that runs the project's code is asked to end, so that it drops its databases on the way."""
    stays = project_that_stays(tmp_path, MOMENTS[name])
    run = interrupt(warm, tmp_path, "--select", MOMENTS[name].select, when=stays.exists, on=postgres_server)
    assert_in_order(run)
    assert [obstacle["kind"] for obstacle in run.document["obstacles"]] == ["interrupted"]
    assert [one["check"] for one in run.document["findings"] if one["check"] != "downgrade-missing"] == []


@pytest.mark.parametrize("name", ["upgrade", "crash"])
def test_second_interrupt_changes_nothing(warm: Warm, tmp_path: Path, name: str) -> None:
    stays = project_that_stays(tmp_path, MOMENTS[name])
    run = interrupt(warm, tmp_path, "--select", MOMENTS[name].select, when=stays.exists, again=True)
    assert_in_order(run)
    assert run.document["obstacles"]


@pytest.mark.parametrize(
    ("name", "gone"), [("upgrade", True), ("catches-everything", False)], ids=["in-order", "by-force"]
)
def test_interrupt_leaves_no_database_on_a_server_that_stays(
    warm: Warm, tmp_path: Path, postgres_server: Server, role: str, name: str, *, gone: bool
) -> None:
    """Its roles are left where the project's code can't be stopped: who tells them from others' knows that code."""
    stays = project_that_stays(tmp_path, MOMENTS[name])
    first = tmp_path / "migrations" / "versions" / "0001.py"
    first.write_text(first.read_text().replace("CREATE TABLE", f"CREATE ROLE {role}; CREATE TABLE"))
    run = interrupt(warm, tmp_path, "--select", MOMENTS[name].select, when=stays.exists, on=postgres_server)
    assert_in_order(run)
    owners = [Owner.find(database) for database in postgres_server._names()]
    assert [owner for owner in owners if owner is not None and owner.gone()] == []
    assert (role not in postgres_server.roles()) == gone
    postgres_server.drop_role(role)


def has_something(file: Path) -> bool:
    """Whether it is written: the command first makes each of its files, to see whether it can, and removes it."""
    with suppress(FileNotFoundError):
        return file.stat().st_size > 0
    return False


def test_interrupt_ends_a_report_that_nobody_reads(tmp_path: Path) -> None:
    """Its pipe is full. The files are written by then. This one is a process that was not forked from another."""
    make_project(tmp_path, [table("t")])
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"." * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)
    report, err = tmp_path / "r.xml", tmp_path / "err"
    command = [COMMAND, *verifying(tmp_path, "embedded"), "--select", "downgrade-missing"]
    with err.open("w") as errors:
        process = subprocess.Popen(command, stdout=writer, stderr=errors, start_new_session=True)
    try:
        wait_until(lambda: has_something(report) or process.poll() is not None, within=120)
        begun = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        run = told(tmp_path, process.wait(30), time.monotonic() - begun, "", err.read_text())
    finally:
        process.kill()
        process.wait()
        os.close(reader)
        os.close(writer)
    assert run.status == 130
    assert run.seconds < PATIENCE
    assert run.err.splitlines()[-1] == "schemaproof: interrupted"
    assert run.document["verdict"] == "sound"


def test_interrupted_process_ends_in_time_whatever_its_main_thread_is_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruption, "DEADLINE", 0.05)
    left: list[int] = []
    gone = threading.Event()

    def leave(status: int) -> None:
        left.append(status)
        gone.set()

    with interruption.interruptible(last=False, leave=leave) as noted:
        signal.raise_signal(signal.SIGINT)
        assert gone.wait(20)
        assert noted.signal == signal.SIGINT
    assert left == [130]


def test_process_that_ends_in_time_is_not_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruption, "DEADLINE", 0.2)
    left: list[int] = []
    with interruption.interruptible(last=False, leave=left.append):
        signal.raise_signal(signal.SIGINT)
    time.sleep(0.3)
    assert left == []
