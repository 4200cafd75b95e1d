"""A verification as a whole: order, processes, allowances, servers that die."""

import dataclasses
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import psutil
import psycopg
import pytest

from schemaproof.catalog import noise
from schemaproof.check import Check
from schemaproof.finding import Finding
from schemaproof.migration.history import open_history
from schemaproof.postgres import Options, PostgresError, Server, start
from schemaproof.project.allowances import Allowance
from schemaproof.project.subject import Subject, SubjectError
from schemaproof.proofs.failure.crashing import standing_by
from schemaproof.proofs.registry import CHECKS
from schemaproof.proofs.upgrade import calls
from schemaproof.proofs.upgrade import checks as upgrade_checks
from schemaproof.proofs.upgrade.calls import Parting
from schemaproof.report.outcome import Report, Scope
from schemaproof.run import walk
from schemaproof.run.record import Record
from schemaproof.run.scope import Wanted
from schemaproof.run.spells import WALK
from schemaproof.run.verify import examine, verify
from tests.schemaproof.catalog.planting import plant_bookkeeping
from tests.schemaproof.conftest import Databases
from tests.schemaproof.projects import Step, make_project, table

# Those of deployments take longest, and have notes on the small projects' env.py, which lets several deployers in.
PLAIN = [check for check in CHECKS if check.area not in {"failure", "locks", "releases"}]
# What the processes of a walk tell, and what is made of their catalogs. Deletes and rows are of no interest to them.
CATALOGS = (
    *("upgrade-from-empty", "upgrade-again", "upgrade-in-one-call", "downgrade-missing", "downgrade-runs"),
    *("downgrade-restores", "upgrade-after-downgrade", "downgrade-to-base", "parity-catalog", "offline-script"),
    "unused-allowance",
)
FORGETS_TYPE = Step("CREATE TYPE a AS ENUM ('x')")
FORGETS_INDEX = Step("CREATE INDEX i ON t (id)", "SELECT 1")


class Recorder:
    """A progress that remembers what it was told, and does something at each step."""

    def __init__(self, at_step: Callable[[str], object] = lambda _: None) -> None:
        self.stages: list[tuple[str, int]] = []
        self.steps: list[tuple[str, int]] = []
        self.shares: list[float] = []
        self.asked: list[str] = []
        self._at_step = at_step

    def stage(self, text: str, total: int) -> None:
        self.stages.append((text, total))

    def step(self, text: str, done: int, share: float | None = None) -> None:
        self.steps.append((text, done))
        self.shares += [] if share is None else [share]
        self._at_step(text)

    def now(self, text: str) -> None:
        self.asked.append(text)


def asked(*names: str) -> list[Check]:
    return [check for check in CHECKS if check.id in names]


def verified(subject: Subject, server: Server, *names: str, **options: object) -> Report:
    checks = asked(*names) if names else PLAIN
    return verify(subject, server, checks=checks, progress=Recorder(), **options)  # type: ignore[arg-type]  # several keywords of several types


def keys(report: Report) -> list[tuple[str, str, str | None, str | None]]:
    return [(one.check, str(one.severity), one.revision, one.object) for one in report.findings]


@pytest.fixture
def keeps_books(postgres_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that makes something different by itself, and has not proved itself yet."""
    with postgres_server.create() as database, psycopg.connect(database.dsn) as connection:
        row = connection.execute("SELECT version()").fetchone()
    assert row is not None
    noise.forget(row[0])
    plant_bookkeeping(monkeypatch)
    yield
    noise.forget(row[0])


@pytest.fixture
def small_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several processes, however short the history."""
    monkeypatch.setattr(walk, "_WORTH_ANOTHER", 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)


def test_sound_project_has_no_finding(tmp_path: Path, postgres_server: Server) -> None:
    """With the checks that nothing else asks here; test_stock_projects.py asks all of them."""
    names = [*CATALOGS, "upgrade-with-rows", "delete-in-sql"]
    report = verified(make_project(tmp_path, [table("t"), table("u")]), postgres_server, *names)
    assert (report.verdict, [key for key in keys(report) if key[1] != "note"]) == ("sound", [])
    assert report.revisions == ("0001", "0002")


def test_every_check_has_a_result_in_the_order_that_was_asked(tmp_path: Path, postgres_server: Server) -> None:
    """What they do is another matter: test_stock_projects.py asks all of them."""
    checks = [dataclasses.replace(one, examine=lambda *_: (), begin=lambda _: None) for one in CHECKS]
    report = verify(make_project(tmp_path, [table("t")]), postgres_server, checks=checks, progress=Recorder())
    assert [result.check for result in report.checks] == list(CHECKS)
    assert [result.check.id for result in report.checks if result.skipped or result.not_asked] == []


def test_nothing_is_left_on_the_server(tmp_path: Path, own_server: Server, databases: Databases, role: str) -> None:
    revision = Step(f"CREATE ROLE {role}; CREATE TABLE t (id int)", "SELECT 1")
    names = ("downgrade-restores", "upgrade-in-one-call", "offline-script", "upgrade-with-rows", "delete-in-sql")
    verified(make_project(tmp_path, [revision, table("u")]), own_server, *names)
    assert databases() == set()
    assert role not in own_server.roles()


def test_role_that_a_revision_makes_is_told_and_harms_nothing(tmp_path: Path, own_server: Server, role: str) -> None:
    make = f"CREATE ROLE {role}; CREATE TABLE t (id int); GRANT SELECT ON t TO {role}"
    subject = make_project(tmp_path, [Step(make, f"DROP TABLE t; DROP ROLE {role}"), table("u")])
    names = ("upgrade-from-empty", "downgrade-restores", "downgrade-to-base", "parity-catalog", "upgrade-with-rows")
    report = verified(subject, own_server, *names)
    assert report.verdict == "sound"
    assert ("upgrade-from-empty", "note", "0001", f"role {role}") in keys(report)


def test_history_with_a_defect_is_not_walked(tmp_path: Path, postgres_server: Server) -> None:
    subject = make_project(tmp_path, [table("t"), table("u")])
    (tmp_path / "migrations" / "versions" / "0001.py").unlink()
    report = verified(subject, postgres_server)
    assert keys(report) == [("revision-chain", "error", "0002", None)]
    assert {result.check.id for result in report.checks if not result.skipped} == {
        *("revision-import", "revision-chain"),
    }


def test_history_with_a_defect_is_not_sound_where_other_checks_are_asked(
    tmp_path: Path, postgres_server: Server
) -> None:
    subject = make_project(tmp_path, [table("t"), table("u")])
    (tmp_path / "migrations" / "versions" / "0001.py").unlink()
    with pytest.raises(SubjectError, match="0001"):
        verified(subject, postgres_server, "downgrade-runs")


def test_what_comes_after_a_failed_upgrade_is_skipped_aloud(tmp_path: Path, postgres_server: Server) -> None:
    steps = [table("t"), FORGETS_INDEX, Step("SELECT x"), table("v")]
    report = verified(make_project(tmp_path, steps), postgres_server, *CATALOGS)
    assert keys(report) == [
        ("upgrade-from-empty", "error", "0003", None),
        ("downgrade-missing", "error", "0002", None),
    ]
    skipped = {result.check.id: result.skipped for result in report.checks}
    assert "0003" in skipped["parity-catalog"]
    assert "0003" in skipped["downgrade-restores"]


def test_head_that_cannot_be_reached_is_no_verdict_on_other_checks(tmp_path: Path, postgres_server: Server) -> None:
    subject = make_project(tmp_path, [Step("SELECT x")])
    with pytest.raises(SubjectError, match="0001"):
        verified(subject, postgres_server, "offline-script")


@pytest.mark.usefixtures("small_stretches")
def test_several_processes_find_what_one_finds(tmp_path: Path, postgres_server: Server) -> None:
    steps = [table("t"), FORGETS_INDEX, table("u"), Step("CREATE TABLE x ()", "SELECT 1")]
    subject = make_project(tmp_path, steps)
    names = ("upgrade-from-empty", "downgrade-missing", "downgrade-restores", "upgrade-after-downgrade")
    together = verified(subject, postgres_server, *names)
    walk._WORTH_ANOTHER = 1000
    assert keys(verified(subject, postgres_server, *names)) == keys(together)
    assert ("downgrade-missing", "error", "0004", None) in keys(together)


@pytest.mark.usefixtures("small_stretches")
def test_several_processes_stop_at_the_first_failed_upgrade(tmp_path: Path, postgres_server: Server) -> None:
    steps = [table("t"), Step("SELECT x"), *(table(f"t{number}") for number in range(4))]
    names = ("upgrade-from-empty", "downgrade-restores", "parity-catalog")
    report = verified(make_project(tmp_path, steps), postgres_server, *names)
    assert keys(report) == [("upgrade-from-empty", "error", "0002", None)]


@pytest.mark.usefixtures("small_stretches")
def test_several_processes_compare_what_they_start_from(tmp_path: Path, postgres_server: Server) -> None:
    """The difference is made in the first stretch, and one call hides nothing from the later ones."""
    leak = Step("CREATE SCHEMA x; SET search_path TO x, public", "DROP SCHEMA x")
    subject = make_project(tmp_path, [leak, table("t"), table("u"), table("v"), table("w"), table("z")])
    report = verified(subject, postgres_server, "upgrade-in-one-call", "upgrade-from-empty")
    assert {(revision, name) for _, _, revision, name in keys(report)} == {
        ("0002", "table public.t"),
        ("0002", "table x.t"),
    }


@pytest.mark.usefixtures("small_stretches")
def test_several_processes_tell_once_of_what_no_two_upgrades_make_the_same(
    tmp_path: Path, postgres_server: Server
) -> None:
    frozen = Step("ALTER TABLE t ADD COLUMN at timestamptz DEFAULT 'now'", "ALTER TABLE t DROP COLUMN at")
    subject = make_project(tmp_path, [table("t"), frozen, table("u"), table("v")])
    faults = [key for key in keys(verified(subject, postgres_server, *CATALOGS)) if key[1] != "note"]
    assert faults == [("upgrade-after-downgrade", "error", "0002", "column public.t.at")]


@pytest.mark.usefixtures("small_stretches")
def test_every_revision_is_a_step_of_the_progress(tmp_path: Path, postgres_server: Server) -> None:
    progress = Recorder()
    subject = make_project(tmp_path, [table(f"t{number}") for number in range(4)])
    verify(subject, postgres_server, checks=asked("downgrade-runs"), progress=progress)
    assert progress.stages[0] == ("revisions", 4)
    assert {f"{number:04}" for number in range(1, 5)} <= {text for text, _ in progress.steps}


def test_allowed_finding_leaves_the_verdict_sound(tmp_path: Path, postgres_server: Server) -> None:
    subject = make_project(tmp_path, [table("t"), FORGETS_INDEX])
    allowances = [Allowance("downgrade-missing", "it is quick to build", revision="0002")]
    report = verified(subject, postgres_server, "downgrade-missing", allowances=allowances)
    assert report.verdict == "sound"
    assert [(finding.revision, reason) for finding, reason in report.allowed] == [("0002", "it is quick to build")]


def test_allowance_beside_the_revision_counts(tmp_path: Path, postgres_server: Server) -> None:
    subject = make_project(tmp_path, [table("t"), FORGETS_INDEX])
    with (tmp_path / "migrations" / "versions" / "0002.py").open("a") as file:
        file.write('schemaproof_allow = [{"check": "downgrade-missing", "reason": "it is quick to build"}]\n')
    assert verified(subject, postgres_server, "downgrade-missing").verdict == "sound"


def test_allowance_that_matches_nothing_is_told(tmp_path: Path, postgres_server: Server) -> None:
    subject = make_project(tmp_path, [table("t")])
    names = ("downgrade-runs", "unused-allowance")
    report = verified(subject, postgres_server, *names, allowances=[Allowance("downgrade-runs", "none")])
    assert ("unused-allowance", "warning", None, None) in keys(report)


def test_allowance_for_a_check_that_was_not_asked_is_not_told(tmp_path: Path, postgres_server: Server) -> None:
    subject = make_project(tmp_path, [table("t")])
    allowances = [Allowance("parity-catalog", "none")]
    report = verified(subject, postgres_server, "downgrade-runs", "unused-allowance", allowances=allowances)
    assert keys(report) == []


@pytest.mark.usefixtures("own_errors_only")
@pytest.mark.parametrize(
    ("victim", "processes", "names"),
    [
        ("0001", 2, {"downgrade-runs", "atomicity", "parity-catalog"}),  # several processes walk
        ("0003", 3, {"downgrade-runs", "parity-catalog"}),
        ("0002", 1, {"downgrade-runs", "parity-catalog"}),  # this one walks
        # The checks of the whole history are asked without a server, while another process crashes its own.
        ("0003", 1, {"downgrade-runs", "parity-catalog", "crash-recovery"}),
    ],
)
def test_server_that_dies_meanwhile_is_no_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, victim: str, processes: int, names: set[str]
) -> None:
    monkeypatch.setattr(walk, "_WORTH_ANOTHER", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: processes)
    subject = make_project(tmp_path, [table("t"), table("u"), table("v")])
    crasher = standing_by() if "crash-recovery" in names else nullcontext()
    with pytest.raises(PostgresError) as lost, crasher, start(Options(provider="embedded")) as server:  # noqa: PT012 (its end too)

        def kill(step: str) -> None:
            if step == victim:
                (backend,) = server._administer("SELECT pg_backend_pid()").fetchone() or (0,)
                os.kill(psutil.Process(backend).ppid(), signal.SIGQUIT)

        verify(subject, server, checks=asked(*names), progress=Recorder(kill))
    assert lost.value.remedy


@pytest.mark.usefixtures("keeps_books")
def test_what_the_server_makes_different_by_itself_is_one_note(tmp_path: Path, postgres_server: Server) -> None:
    project = make_project(tmp_path, [table("t")])
    report = verified(project, postgres_server, *CATALOGS)
    assert report.verdict == "sound"
    assert ("server", "note", None, None) in keys(report)
    assert "column (bookkeeping)" in report.remarks[0].message
    assert postgres_server.version_text in report.remarks[0].message


@pytest.mark.usefixtures("keeps_books", "small_stretches")
def test_it_is_so_in_other_processes_too(tmp_path: Path, postgres_server: Server) -> None:
    project = make_project(tmp_path, [table(f"t{number}") for number in range(4)])
    report = verified(project, postgres_server, "downgrade-restores", "upgrade-in-one-call")
    assert (report.verdict, keys(report)[-1:]) == ("sound", [("server", "note", None, None)])


def crashing(name: str, where: str | None = None, error: Exception | None = None) -> Check:
    """The check ``name``, which fails (at revision ``where`` alone, if one is named)."""
    (check,) = asked(name)

    def examine(history: object, *revision: str) -> Iterable[Finding]:
        if where is None or revision == (where,):
            raise error or KeyError("no such thing")
        return check.examine(history, *revision)

    return dataclasses.replace(check, examine=examine)


def test_check_that_crashes_is_told_and_keeps_no_other_from_being_asked(
    tmp_path: Path, postgres_server: Server
) -> None:
    subject = make_project(tmp_path, [table("t"), FORGETS_INDEX])
    checks = [*asked("downgrade-missing"), crashing("downgrade-runs", "0001"), crashing("upgrade-again")]
    report = verify(subject, postgres_server, checks=checks, progress=Recorder())
    assert keys(report) == [("downgrade-missing", "error", "0002", None)]
    assert [(one.kind, one.check, one.revision, one.cause) for one in report.obstacles] == [
        ("defect", "downgrade-runs", "0001", "schemaproof failed: KeyError: 'no such thing'"),
        ("defect", "upgrade-again", None, "schemaproof failed: KeyError: 'no such thing'"),
    ]
    assert "Traceback" in report.obstacles[0].evidence
    assert {result.check.id: (bool(result.skipped), result.not_asked) for result in report.checks} == {
        "upgrade-again": (True, ()),
        "downgrade-missing": (False, ()),
        "downgrade-runs": (True, ("0001",)),
    }


def test_sound_project_of_which_something_was_not_asked_is_not_called_sound(
    tmp_path: Path, postgres_server: Server
) -> None:
    subject = make_project(tmp_path, [table("t")])
    report = verify(subject, postgres_server, checks=[crashing("downgrade-runs")], progress=Recorder())
    assert report.verdict == "incomplete"


def test_check_that_fails_again_and_again_is_given_up(tmp_path: Path, postgres_server: Server) -> None:
    subject = make_project(tmp_path, [table(f"t{number}") for number in range(4)])
    checks = [*asked("downgrade-missing"), crashing("downgrade-runs")]
    report = verify(subject, postgres_server, checks=checks, progress=Recorder())
    assert [one.revision for one in report.obstacles] == ["0001", "0002", "0003", None]
    assert [result.not_asked for result in report.checks] == [(), tuple(f"{number:04}" for number in range(1, 5))]


@pytest.mark.usefixtures("own_errors_only")
@pytest.mark.parametrize("names", [("downgrade-missing",), ("downgrade-missing", "atomicity")])
def test_revision_of_which_nothing_can_be_said_keeps_no_other_from_being_asked(
    tmp_path: Path, own_server: Server, databases: Databases, names: Sequence[str]
) -> None:
    """Its downgrade connects elsewhere, in a session of its own."""
    odd = 'import sqlalchemy as sa; sa.create_engine("postgresql+psycopg://u@127.0.0.1:1/app").connect()'
    subject = make_project(tmp_path, [table("t"), table("u"), FORGETS_INDEX])
    file = tmp_path / "migrations" / "versions" / "0002.py"
    file.write_text(file.read_text().replace("def downgrade():", f"def downgrade():\n    {odd}"))
    report = verified(subject, own_server, *names)
    assert ("downgrade-missing", "error", "0003", None) in keys(report)
    assert {one.revision for one in report.obstacles} == {"0002"}
    assert "127.0.0.1:1/app" in report.obstacles[0].cause
    assert databases() == set()


@pytest.mark.usefixtures("small_stretches")
def test_process_that_is_killed_is_told_and_the_others_go_on(tmp_path: Path, postgres_server: Server) -> None:
    """The project's code kills it, as the kernel does where memory is short."""
    subject = make_project(tmp_path, [table("t"), FORGETS_INDEX, table("u"), table("v")])
    file = tmp_path / "migrations" / "versions" / "0004.py"
    suicide = f"import os, signal\n    os.getpid() == {os.getpid()} or os.kill(os.getpid(), signal.SIGKILL)"
    file.write_text(file.read_text().replace("def downgrade():", f"def downgrade():\n    {suicide}"))
    report = verified(subject, postgres_server, "downgrade-missing", "upgrade-again")
    assert keys(report) == [("downgrade-missing", "error", "0002", None)]
    (obstacle,) = report.obstacles
    assert obstacle.cause == "The process that checked revisions 0003 to 0004 died (SIGKILL)."
    assert [(result.check.id, result.not_asked) for result in report.checks] == [
        ("upgrade-again", ()),
        ("downgrade-missing", ("0004",)),
    ]


MISSING = '{"version_table_schema": "absent"}'


def test_env_py_that_fails_on_an_empty_database_is_a_finding(tmp_path: Path, postgres_server: Server) -> None:
    subject = make_project(tmp_path, [table("t")], options=MISSING)
    report = verified(subject, postgres_server, "upgrade-from-empty", "downgrade-runs", "single-head")
    assert (keys(report), report.verdict) == ([("upgrade-from-empty", "error", None, None)], "faulty")
    (finding,) = report.findings
    assert 'connection.execute(text("CREATE SCHEMA IF NOT EXISTS absent")); connection.commit()' in finding.remedy
    assert "alembic_version" in finding.evidence
    assert "stop before the first revision" in finding.consequence
    assert [bool(result.skipped) for result in report.checks] == [True, False, True]


def test_env_py_that_fails_on_an_empty_database_is_no_verdict_on_other_checks(
    tmp_path: Path, postgres_server: Server
) -> None:
    subject = make_project(tmp_path, [table("t")], options=MISSING)
    with pytest.raises(SubjectError, match="empty database"):
        verified(subject, postgres_server, "downgrade-runs")


def test_process_that_crashes_servers_and_ends_keeps_no_other_check_from_being_asked(
    tmp_path: Path, postgres_server: Server
) -> None:
    subject = make_project(tmp_path, [table("t"), FORGETS_INDEX])
    file = tmp_path / "migrations" / "versions" / "0001.py"
    durable = 'op.get_bind().exec_driver_sql("SHOW fsync").scalar() == "on"'
    end = f"import os; {durable} and os._exit(3)"
    file.write_text(file.read_text().replace("def upgrade():", f"def upgrade():\n    {end}"))
    with standing_by():
        report = verified(subject, postgres_server, "downgrade-missing", "crash-recovery")
    assert keys(report) == [("downgrade-missing", "error", "0002", None)]
    assert [(one.check, one.cause) for one in report.obstacles] == [
        ("crash-recovery", "The process that crashes the server ended by itself (exit code 3).")
    ]


def test_walk_is_booked_on_what_checks_share(tmp_path: Path, postgres_server: Server) -> None:
    subject = make_project(tmp_path, [table("t"), table("u")])
    record = Record(("downgrade-runs",))
    examine(subject, postgres_server, checks=asked("downgrade-runs"), progress=Recorder(), record=record)
    stairways = [one for one in record.spells if one.what == WALK]
    assert len(stairways) == 3  # and the database that they begin in
    head = verified(subject, postgres_server, "parity-catalog")
    assert head.walk_seconds > 0


@pytest.mark.parametrize("processes", [1, 3])
def test_progress_says_how_much_of_the_work_is_done(
    processes: int, tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: processes)
    monkeypatch.setattr(walk, "_WORTH_ANOTHER", 1)
    subject, progress = make_project(tmp_path, [table(f"t{number}") for number in range(3)]), Recorder()
    verify(subject, postgres_server, checks=asked("downgrade-runs"), progress=progress)
    assert progress.shares == pytest.approx([1 / 3, 2 / 3, 1])


@pytest.mark.parametrize("processes", [1, 3])
def test_most_of_the_faults_are_those_of_the_first_revision_of_each_process(
    processes: int, tmp_path: Path, postgres_server: Server
) -> None:
    with open_history(make_project(tmp_path, [table(f"t{number}") for number in range(6)]), postgres_server) as history:
        each = 6 // processes
        stretches = [range(start, start + each) for start in range(0, 6, each)]
        done = walk._Done(history, stretches, asked("atomicity"))
        shares = [done.add(script.revision)[1] for script in history.revisions]
    steps = [share - before for before, share in pairwise([0, *shares])]
    assert sum(steps) == pytest.approx(1)
    first = [steps[stretch[0]] for stretch in stretches]
    assert min(first) > 3 * max(step for step in steps if step not in first)


@pytest.mark.parametrize("processes", [1, 3])
def test_progress_says_which_check_is_asked_of_which_revision(
    processes: int, tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "_WORTH_ANOTHER", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: processes)
    subject, progress = make_project(tmp_path, [table("t"), table("u")]), Recorder()
    checks = asked("single-head", "downgrade-runs", "downgrade-restores", "offline-script")
    verify(subject, postgres_server, checks=checks, progress=progress)
    told = [text for text in progress.asked if text.startswith("0002")]
    assert told == ["0002 up, down and up again", "0002 downgrade-runs", "0002 downgrade-restores"]
    assert {"single-head", "offline-script"} <= set(progress.asked)


@pytest.mark.usefixtures("errors_only")
def test_progress_says_how_far_a_long_check_is(tmp_path: Path, postgres_server: Server) -> None:
    progress = Recorder()
    subject = make_project(tmp_path, [table("t")])
    verify(subject, postgres_server, checks=asked("atomicity"), progress=progress)
    told = [text for text in progress.asked if text.startswith("0001 atomicity: ")]
    upwards = int(told[0].rpartition(" of ")[2])
    assert told[:upwards] == [f"0001 atomicity: fault {number} of {upwards}" for number in range(1, upwards + 1)]
    assert told[upwards].startswith("0001 atomicity: fault 1 of ")  # of the downgrade
    assert upwards > 3


@pytest.mark.usefixtures("small_stretches")
def test_seconds_of_checks_and_of_the_walk_are_parts_of_the_runs(tmp_path: Path, postgres_server: Server) -> None:
    subject = make_project(tmp_path, [table(f"t{number}") for number in range(4)])
    report = verified(subject, postgres_server, "upgrade-from-empty", "downgrade-restores", "parity-catalog")
    taken = {one.check.id: one.seconds for one in report.checks}
    assert sum(taken.values()) + report.walk_seconds <= report.seconds
    assert report.walk_seconds > taken["upgrade-from-empty"]


@pytest.fixture
def partings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many processes climbed whenever calls from earlier revisions were tried."""
    climbing: list[int] = []

    def first_parting(*asked: object, **how: object) -> Parting | None:
        climbing.append(len(psutil.Process().children()))
        return calls.first_parting(*asked, **how)  # type: ignore[arg-type]  # as it is called

    monkeypatch.setattr(upgrade_checks, "first_parting", first_parting)
    return climbing


# Fails where the two are applied in one call, and not by itself.
FAILS_TOGETHER = (Step("CREATE TYPE e AS ENUM ('a')"), Step("ALTER TYPE e ADD VALUE 'b'"), Step("SELECT 'b'::e"))


@pytest.mark.usefixtures("small_stretches")
def test_calls_from_earlier_revisions_are_tried_while_others_climb(
    tmp_path: Path, postgres_server: Server, partings: list[int]
) -> None:
    subject = make_project(tmp_path, [table("t"), *FAILS_TOGETHER])
    report = verified(subject, postgres_server, "upgrade-from-empty", "upgrade-in-one-call")
    assert keys(report) == [("upgrade-in-one-call", "error", "0004", None)]
    assert len(partings) == 1  # and what they came to is known when the check is asked
    assert partings[0] >= 2


@pytest.mark.usefixtures("small_stretches")
def test_calls_are_tried_again_where_no_two_upgrades_make_the_same(
    tmp_path: Path, postgres_server: Server, partings: list[int]
) -> None:
    """They did not know of it, and took it for a difference."""
    frozen = Step("ALTER TABLE t ADD COLUMN at timestamptz DEFAULT 'now'", "ALTER TABLE t DROP COLUMN at")
    subject = make_project(tmp_path, [table("t"), frozen, table("u"), table("v")])
    report = verified(subject, postgres_server, "upgrade-from-empty", "upgrade-in-one-call")
    assert not any(one.faulty for one in report.findings)
    assert len(partings) == 2


@pytest.mark.usefixtures("small_stretches")
def test_error_of_what_is_done_beside_the_walk_is_told_once(tmp_path: Path, postgres_server: Server) -> None:
    (check,) = asked("upgrade-in-one-call")

    def fails(_: object) -> None:
        raise KeyError("no such thing")

    subject = make_project(tmp_path, [table(f"t{number}") for number in range(4)])
    checks = [*asked("upgrade-from-empty"), dataclasses.replace(check, meanwhile=fails)]
    assert verify(subject, postgres_server, checks=checks, progress=Recorder()).verdict == "sound"
    checks[1] = dataclasses.replace(crashing("upgrade-in-one-call"), meanwhile=fails)
    report = verify(subject, postgres_server, checks=checks, progress=Recorder())
    assert [(one.check, one.cause) for one in report.obstacles] == [
        ("upgrade-in-one-call", "schemaproof failed: KeyError: 'no such thing'")
    ]


@pytest.mark.usefixtures("small_stretches")
def test_what_is_done_beside_the_walk_is_booked_on_its_check(tmp_path: Path, postgres_server: Server) -> None:
    (check,) = asked("upgrade-in-one-call")
    moments: list[float] = []
    check = dataclasses.replace(check, meanwhile=lambda _: moments.append(perf_counter()), examine=lambda _: ())
    subject = make_project(tmp_path, [table(f"t{number}") for number in range(4)])
    record = Record((check.id, "upgrade-from-empty"))
    checks = [*asked("upgrade-from-empty"), check]
    examine(subject, postgres_server, checks=checks, progress=Recorder(), record=record)
    (moment,) = moments
    assert [one.what for one in record.spells if one.lane == os.getpid() and one.begin <= moment <= one.end] == [
        check.id
    ]


def test_since_asks_of_the_new_revisions_alone_and_of_the_whole(tmp_path: Path, postgres_server: Server) -> None:
    steps = [FORGETS_TYPE, table("t"), Step("CREATE TYPE b AS ENUM ('x')")]
    names = ("downgrade-missing", "downgrade-restores", "downgrade-to-base", "upgrade-in-one-call")
    report = verified(make_project(tmp_path, steps), postgres_server, *names, wanted=Wanted(since="0002"))
    revisions = {revision for check, _, revision, _ in keys(report) if check.startswith("downgrade-")}
    assert revisions == {"0003", None}  # `alembic downgrade base` is the whole's
    assert (report.scope, report.left_out) == (Scope(("0003",), "above revision 0002"), ("0001", "0002"))
    assert [one.check.id for one in report.checks if one.skipped] == []


def test_since_without_a_new_revision_asks_of_the_whole_alone(tmp_path: Path, postgres_server: Server) -> None:
    subject = make_project(tmp_path, [table("t"), FORGETS_TYPE])
    names = ("downgrade-missing", "downgrade-restores", "downgrade-to-base", "upgrade-in-one-call")
    report = verified(subject, postgres_server, *names, wanted=Wanted(since="0002"))
    assert [key for key in keys(report) if key[1] == "error"] == [("downgrade-to-base", "error", None, "type public.a")]
    assert report.left_out == ("0001", "0002")


def test_revisions_that_do_not_hang_together_are_asked_of(tmp_path: Path, postgres_server: Server) -> None:
    steps = [table("t"), FORGETS_INDEX, table("u"), table("v"), Step("CREATE INDEX j ON u (id)", "SELECT 1")]
    progress = Recorder()
    subject = make_project(tmp_path, steps)
    wanted = Wanted(revisions=("0005", "0001", "0003"))
    report = verify(subject, postgres_server, checks=asked("downgrade-restores"), progress=progress, wanted=wanted)
    assert keys(report) == [("downgrade-restores", "error", "0005", "index public.j")]
    assert progress.stages[0] == ("revisions", 3)
    assert progress.steps[:3] == [("0001", 1), ("0003", 2), ("0005", 3)]


def test_allowance_of_what_was_not_asked_is_not_called_unused(tmp_path: Path, postgres_server: Server) -> None:
    subject = make_project(tmp_path, [table("t"), table("u")])
    allowances = [
        Allowance("downgrade-restores", "Of any revision."),
        Allowance("downgrade-restores", "Of the old one.", revision="0001"),
        Allowance("downgrade-restores", "Of the new one.", revision="0002"),
        Allowance("single-head", "Of the whole."),
    ]
    names = ("downgrade-restores", "single-head", "unused-allowance")
    report = verified(subject, postgres_server, *names, wanted=Wanted(since="0001"), allowances=allowances)
    evidence = [one.evidence for one in report.findings if one.check == "unused-allowance"]
    assert evidence == ["Its reason: Of the new one.", "Its reason: Of the whole."]


def test_since_says_nothing_of_what_an_old_revision_makes_anew_each_time(
    tmp_path: Path, postgres_server: Server
) -> None:
    """Nobody climbs its steps, and once another check told of it, at the newest revision."""
    frozen = Step("ALTER TABLE t ADD COLUMN at timestamptz DEFAULT 'now'", "ALTER TABLE t DROP COLUMN at")
    subject = make_project(tmp_path, [table("t"), frozen, table("u"), table("v")])
    names = ("upgrade-in-one-call", "upgrade-after-downgrade", "downgrade-to-base", "offline-script", "upgrade-again")
    assert verified(subject, postgres_server, *names, wanted=Wanted(since="0003")).findings == ()


def test_since_finds_new_revisions_that_no_call_from_below_them_can_bring(
    tmp_path: Path, postgres_server: Server
) -> None:
    """The call from an empty database makes the type itself, and may use the value that it adds."""
    steps = [Step("CREATE TYPE a AS ENUM ('x')", "DROP TYPE a"), table("t"), Step("ALTER TYPE a ADD VALUE 'y'")]
    steps.append(Step("CREATE TABLE u AS SELECT 'y'::a", "DROP TABLE u"))
    report = verified(
        make_project(tmp_path, steps), postgres_server, "upgrade-in-one-call", wanted=Wanted(since="0002")
    )
    assert [(check, severity, revision) for check, severity, revision, _ in keys(report)] == [
        ("upgrade-in-one-call", "error", "0004")
    ]


def test_since_in_a_long_history_asks_in_a_process_of_its_own_beside_the_whole(
    tmp_path: Path, own_server: Server, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "_WORTH_ONE_BESIDE", 2)
    monkeypatch.setattr(walk, "_Inline", lambda *_: pytest.fail("asked in this process"))
    subject = make_project(tmp_path, [*(table(f"t{number}") for number in range(5)), FORGETS_TYPE])
    report = verified(subject, own_server, "downgrade-restores", "upgrade-in-one-call", wanted=Wanted(since="0005"))
    assert keys(report) == [("downgrade-restores", "error", "0006", "type public.a")]
    assert databases() == set()


@pytest.mark.usefixtures("own_errors_only")
def test_revisions_below_the_new_ones_are_applied_once_for_all_processes(
    tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run of the first revision leaves a line: one for the database that is lent, one for head."""
    monkeypatch.setattr(walk, "_WORTH_ONE_BESIDE", 2)
    subject = make_project(tmp_path, [table(f"t{number}") for number in range(7)])
    first, log = tmp_path / "migrations" / "versions" / "0001.py", tmp_path / "log"
    line = f"    with open({str(log)!r}, 'a') as log:\n        log.write('up ')\n    op.execute("
    first.write_text(first.read_text().replace("    op.execute(", line, 1))
    names = ("downgrade-restores", "upgrade-with-rows", "atomicity", "parity-catalog")
    verified(subject, postgres_server, *names, wanted=Wanted(since="0006"))
    assert log.read_text().count("up") == 2


@pytest.mark.usefixtures("small_stretches")
def test_since_asks_in_several_processes(tmp_path: Path, postgres_server: Server) -> None:
    steps = [table(f"t{number}") for number in range(5)] + [Step("CREATE INDEX i ON t1 (id)", "SELECT 1")]
    wanted = Wanted(revisions=("0001", "0003", "0004", "0006"))
    report = verified(make_project(tmp_path, steps), postgres_server, "downgrade-restores", wanted=wanted)
    assert keys(report) == [("downgrade-restores", "error", "0006", "index public.i")]


def test_revision_below_the_new_ones_that_fails_keeps_them_from_being_asked(
    tmp_path: Path, postgres_server: Server
) -> None:
    subject = make_project(tmp_path, [Step("SELECT 1/0"), table("t")])
    with pytest.raises(SubjectError, match="The upgrade to 0001 fails, so head can't be reached"):
        verified(subject, postgres_server, wanted=Wanted(since="0001"))


@pytest.mark.usefixtures("own_errors_only")
def test_checks_drop_the_databases_that_they_make(tmp_path: Path, own_server: Server, databases: Databases) -> None:
    """What a check forgets stays on a server that is not removed at the end; and may keep a role in use until then."""
    steps = [
        Step("CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE u (t int REFERENCES t)", "DROP TABLE u, t"),
        Step("CREATE TYPE e AS ENUM ('a'); UPDATE t SET a = 0; ALTER TABLE t ALTER a SET NOT NULL"),
    ]
    names = {check.id for check in CHECKS} - {"crash-recovery"}
    subject = dataclasses.replace(make_project(tmp_path, steps), deployers=2)
    found = {one.area for one in verified(subject, own_server, *names).findings}
    assert found >= {"downgrade", "failure"}
    assert databases() == set()
