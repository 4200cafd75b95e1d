"""What is not asked again: as long as nothing that a revision depends on has changed, and no longer."""

import json
import multiprocessing
import os
import re
import shutil
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.postgres import Server
from schemaproof.project.subject import Subject
from schemaproof.proofs.failure.crashing import standing_by
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.outcome import Recalled
from schemaproof.run import recall, walk
from schemaproof.run.cache import FOLDER, Cache
from schemaproof.run.parts import Shard
from schemaproof.run.recall import THROUGH_ALL
from schemaproof.run.record import Record
from schemaproof.run.scope import EVERYTHING, Wanted
from schemaproof.run.verify import examine
from tests.schemaproof.projects import ENV, Step, make_project, table
from tests.schemaproof.run.test_verify import Recorder

pytestmark = pytest.mark.usefixtures("proved_server")

FEW = ("upgrade-from-empty", "downgrade-restores")
FORGETS = Step("CREATE TYPE e AS ENUM ('a'); CREATE TABLE u (e e)", "DROP TABLE u")
ALL = ("0001", "0002", "0003")


@dataclass
class Told:
    """What a run found, which revisions and checks it knew before, and what it said of that."""

    findings: tuple[Finding, ...] = ()
    known: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    obstacles: int = 0
    checks: tuple[str, ...] = ()


def run(
    subject: Subject, server: Server, *names: str, wanted: Wanted = EVERYTHING, checks: tuple[Check, ...] = ()
) -> Told:
    """A run that looks up and keeps what is known, in a process of its own: modules stay imported."""
    context: Any = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    asked = checks or tuple(check for check in CHECKS if check.id in (names or FEW))
    process = context.Process(target=_run, args=(theirs, subject, replace(server), asked, wanted))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside other threads
        process.start()
    theirs.close()
    told: Told = ours.recv()
    process.join()
    return told


def _run(pipe: Connection, subject: Subject, server: Server, checks: tuple[Check, ...], wanted: Wanted) -> None:
    record = Record(tuple(check.id for check in checks))
    known = Cache(subject.project)
    with standing_by() if "crash-recovery" in record.checks else nullcontext():
        examine(subject, server, checks=checks, progress=Recorder(), record=record, wanted=wanted, cache=known)
    findings = tuple(finding for found in record.findings.values() for finding in found)
    known_before = record.recalled or Recalled(())
    said = (known_before.revisions, known_before.remarks, len(record.obstacles), known_before.checks)
    pipe.send(Told(findings, *said))
    server.close()


def written(tmp_path: Path) -> Subject:
    """Three revisions, of which the last reads a file and imports a module; env.py imports another one."""
    env = "import sys\nsys.path.insert(0, '.')\nimport kept_settings\n" + ENV
    made = make_project(tmp_path, [table("t"), FORGETS, table("v")], env=env)
    (tmp_path / "kept_settings.py").write_text("NAME = 'v'\n")
    (tmp_path / "kept_late.py").write_text("NAME = 'v'\n")
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "grow.sql").write_text("CREATE TABLE w (id int PRIMARY KEY)")
    last = tmp_path / "migrations" / "versions" / "0003.py"
    code = "import kept_late\nop.execute(open('sql/grow.sql').read())\n"
    text = re.sub(r"(?<=def upgrade\(\):\n)", indent(code, "    "), last.read_text())
    last.write_text(re.sub(r"(?<=def downgrade\(\):\n)", "    op.execute('DROP TABLE w')\n", text))
    return made


@pytest.fixture(scope="module", autouse=True)
def one_harness() -> None:
    """Taken once: else, in the forks, whoever edits the harness meanwhile makes two runs differ."""
    recall._harness()
    recall._packages()


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    return written(tmp_path)


@pytest.fixture(scope="module")
def proved_once(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Subject:
    """Such a project after its first run; to be copied, since where it lies says nothing."""
    made = written(tmp_path_factory.mktemp("proved"))
    assert run(made, postgres_server).known == ()
    return made


@pytest.fixture
def proved(proved_once: Subject, tmp_path: Path) -> Subject:
    """A copy of it, of which all is known."""
    shutil.copytree(proved_once.project, tmp_path, dirs_exist_ok=True)
    return replace(proved_once, project=tmp_path)


def test_second_run_asks_nothing_of_revisions_and_finds_the_same(subject: Subject, postgres_server: Server) -> None:
    first, second = (run(subject, postgres_server) for _ in range(2))
    assert (first.known, second.known) == ((), ALL)
    assert first.findings == second.findings
    assert [(one.check, one.severity, one.revision) for one in second.findings] == [
        ("downgrade-restores", Severity.ERROR, "0002")
    ]


@pytest.mark.parametrize(
    "opened",
    [
        "os.open(f'never-there-{uuid4()}', os.O_RDONLY)",
        "name = f'{uuid4()}.tmp'; open(name, 'w').close(); open(name).close(); os.remove(name)",
        "here = tempfile.mkdtemp(); name = str(uuid4()); os.mkdir(f'{here}/{name}');"
        " os.open(name, os.O_RDONLY, dir_fd=os.open(here, os.O_RDONLY)); shutil.rmtree(here)",
    ],
    ids=["never", "temporary", "elsewhere"],
)
def test_name_that_is_no_file_of_the_project_says_nothing(
    subject: Subject, postgres_server: Server, opened: str
) -> None:
    """Each run may ask for another one: a folder that the garbage collector removes is enough for the last."""
    path = subject.project / "migrations" / "env.py"
    imports = "import os, shutil, tempfile\nfrom contextlib import suppress\nfrom uuid import uuid4\n"
    path.write_text(f"{imports}with suppress(OSError):\n    {opened}\n{path.read_text()}")
    first, second = (run(subject, postgres_server) for _ in range(2))
    assert (first.known, second.known) == ((), ALL)


def test_where_a_project_lies_says_nothing(proved: Subject, postgres_server: Server) -> None:
    assert run(proved, postgres_server).known == ALL


Change = Callable[[Subject], Subject | None]


def appended(name: str) -> Change:
    def change(subject: Subject) -> None:
        with (subject.project / name).open("a") as file:
            file.write("\n")

    return change


@pytest.mark.parametrize(
    ("change", "still"),
    [
        (appended("migrations/versions/0003.py"), ALL[:2]),
        (appended("migrations/versions/0002.py"), ALL[:1]),
        (appended("migrations/versions/0001.py"), ()),
        (appended("migrations/env.py"), ()),
        (appended("alembic.ini"), ()),
        (appended("kept_settings.py"), ()),
        (appended("kept_late.py"), ()),
        (appended("sql/grow.sql"), ()),
        (lambda subject: replace(subject, deployers=3), ()),
        (lambda subject: replace(subject, roles=("schemaproof_kept",)), ()),
    ],
    ids=["its-file", "below", "first", "env", "ini", "module", "late-module", "sql", "setting", "role"],
)
def test_changed_byte_is_asked_again(
    proved: Subject, postgres_server: Server, change: Change, still: tuple[str, ...]
) -> None:
    changed = change(proved) or proved
    first = run(changed, postgres_server)
    assert (first.known, first.remarks, first.obstacles) == (still, (), 0)
    again = run(changed, postgres_server)
    assert (again.known, again.remarks, again.obstacles) == (ALL, (), 0)


@pytest.mark.parametrize(("name", "value"), [("_harness", "another"), ("_packages", ("alembic-9.dist-info",))])
def test_another_harness_or_package_is_asked_again(
    proved: Subject, postgres_server: Server, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    monkeypatch.setattr(recall, name, lambda: value)
    assert run(proved, postgres_server).known == ()


def test_another_release_of_the_server_is_asked_again(
    proved: Subject, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "version_text", "99.1")
    assert run(proved, postgres_server).known == ()


def test_revision_below_one_that_is_new_is_known(proved: Subject, postgres_server: Server) -> None:
    (proved.project / "migrations" / "versions" / "0004.py").write_text(
        "from alembic import op\nrevision, down_revision = '0004', '0003'\n"
        "def upgrade():\n    op.execute('CREATE TABLE x (i int)')\n"
        "def downgrade():\n    op.execute('DROP TABLE x')\n"
    )
    assert run(proved, postgres_server).known == ALL
    assert run(proved, postgres_server).known == (*ALL, "0004")


def test_check_that_was_not_asked_before_is_asked(proved: Subject, postgres_server: Server) -> None:
    more = (*FEW, "downgrade-runs")
    assert run(proved, postgres_server, *more).known == ()
    assert run(proved, postgres_server).known == ALL
    assert run(proved, postgres_server, *more).known == ALL


def test_what_a_crash_leaves_is_known_by_revision(tmp_path: Path, postgres_server: Server) -> None:
    subject = make_project(tmp_path, [table("t"), Step("")])
    second = tmp_path / "migrations" / "versions" / "0002.py"
    commits = "op.execute('CREATE TABLE x (i int)'); op.execute('COMMIT'); op.execute('CREATE TABLE y (i int)')"
    second.write_text(re.sub(r"(?<=def upgrade\(\):\n) +.*", f"    {commits}", second.read_text()))
    first, again = (run(subject, postgres_server, "crash-recovery") for _ in range(2))
    assert again.known == ALL[:2]
    assert [(one.check, one.revision) for one in first.findings] == [("crash-recovery", "0002")]
    assert first.findings == again.findings


@pytest.fixture(scope="module")
def through_once(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> tuple[Subject, Told]:
    """A project in which each check that goes through all revisions finds something, after its first run."""
    column = Step("ALTER TABLE t ADD a int", "ALTER TABLE t DROP a")
    leaking = Step("SET TimeZone = 'Asia/Kathmandu'")
    last = Step("CREATE TABLE v (at timestamptz DEFAULT '2020-01-01 12:00')", "DROP TABLE v")
    made = make_project(tmp_path_factory.mktemp("through"), [table("t"), column, leaking, last])
    told = run(made, postgres_server, *FEW, *THROUGH_ALL)
    assert ({one.check for one in told.findings} >= THROUGH_ALL, told.checks) == (True, ())
    return made, told


@pytest.fixture
def through(through_once: tuple[Subject, Told], tmp_path: Path) -> Subject:
    """A copy of it, of which all is known."""
    shutil.copytree(through_once[0].project, tmp_path, dirs_exist_ok=True)
    return replace(through_once[0], project=tmp_path)


def unanswerable() -> tuple[Check, ...]:
    """Checks of which those that go through all revisions fail where they are asked."""

    def fails(*_: object) -> list[Finding]:
        raise ZeroDivisionError

    wanted = [check for check in CHECKS if check.id in {*FEW, *THROUGH_ALL}]
    return tuple(replace(one, examine=fails) if one.id in THROUGH_ALL else one for one in wanted)


def test_checks_that_go_through_all_revisions_are_asked_once(
    through: Subject, through_once: tuple[Subject, Told], postgres_server: Server
) -> None:
    again = run(through, postgres_server, checks=unanswerable())
    assert (again.checks, again.obstacles) == (tuple(sorted(THROUGH_ALL)), 0)
    assert again.findings == through_once[1].findings


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("migrations/versions/0001.py", EVERYTHING),
        ("migrations/versions/0004.py", EVERYTHING),
        ("migrations/env.py", EVERYTHING),
        (None, Wanted(since="0001")),
        (None, Wanted(shard=Shard(1, 2))),
    ],
    ids=["lowest", "head", "env", "since", "part"],
)
def test_checks_that_go_through_all_revisions_are_asked_where_something_else_is(
    through: Subject, postgres_server: Server, name: str | None, wanted: Wanted
) -> None:
    if name is not None:
        appended(name)(through)
    told = run(through, postgres_server, checks=unanswerable(), wanted=wanted)
    assert (told.checks, told.obstacles > 0) == ((), True)


def test_check_that_was_kept_from_running_is_not_answered(tmp_path: Path, postgres_server: Server) -> None:
    """It finds nothing below the revision that fails, and what is above it nobody has seen."""
    subject = make_project(tmp_path, [table("t"), Step("SELECT 1/0")])
    first, again = (run(subject, postgres_server, *FEW, "lock-unbounded") for _ in range(2))
    assert (first.obstacles, again.checks) == (0, ())


def test_part_does_not_answer_for_the_whole(through: Subject, postgres_server: Server) -> None:
    """Nor for itself: which checks a part is dealt depends on those of the others."""
    appended("migrations/versions/0004.py")(through)
    parts = [Wanted(shard=Shard(number, 2)) for number in (1, 2)]
    for one in parts:
        run(through, postgres_server, *FEW, *THROUGH_ALL, wanted=one)
    assert sum(run(through, postgres_server, checks=unanswerable(), wanted=one).obstacles for one in parts) > 0
    assert run(through, postgres_server, checks=unanswerable()).obstacles > 0


def test_since_and_what_is_known_go_together(subject: Subject, postgres_server: Server) -> None:
    assert run(subject, postgres_server, wanted=Wanted(since="0001")).known == ()
    assert run(subject, postgres_server, wanted=Wanted(since="0002")).known == ("0003",)
    assert run(subject, postgres_server).known == ("0002", "0003")


@pytest.mark.parametrize("processes", [1, 3])
def test_revision_that_makes_something_else_each_time_is_asked_each_time(
    processes: int, tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the second run would compare what the first one knew not to."""
    monkeypatch.setattr(walk, "_WORTH_ANOTHER", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: processes)
    fixed = Step("ALTER TABLE t ADD COLUMN at timestamptz DEFAULT 'now'", "ALTER TABLE t DROP COLUMN at")
    models = (
        "import sqlalchemy as sa\nmetadata = sa.MetaData()\n"
        "for name in 'tu':\n"
        "    sa.Table(name, metadata, sa.Column('id', sa.Integer, primary_key=True, autoincrement=False))\n"
        "metadata.tables['t'].append_column(sa.Column('at', sa.DateTime(timezone=True)))\n"
    )
    steps, options = [table("t"), fixed, table("u")], '{"target_metadata": metadata}'
    subject = make_project(tmp_path, steps, env=models + ENV, options=options)
    names = ("upgrade-from-empty", "upgrade-after-downgrade", "parity-catalog")
    first, second = (run(subject, postgres_server, *names) for _ in range(2))
    assert second.known == ("0001", "0003")
    told = [[(one.check, one.object) for one in each.findings] for each in (first, second)]
    assert told[0] == told[1] == [("upgrade-after-downgrade", "column public.t.at")]


def test_what_is_deployed_together_is_known_of_that_deployment(tmp_path: Path, postgres_server: Server) -> None:
    """What 0002 asks of inserts, 0003 gives a default: new are both, or one after the other."""
    steps = [
        Step("CREATE TABLE t (id int PRIMARY KEY)", "DROP TABLE t"),
        Step("ALTER TABLE t ADD a int NOT NULL DEFAULT 1; ALTER TABLE t ALTER a DROP DEFAULT", "ALTER TABLE t DROP a"),
        Step("ALTER TABLE t ALTER a SET DEFAULT 2", "ALTER TABLE t ALTER a DROP DEFAULT"),
    ]
    subject, check = make_project(tmp_path, steps), "older-release-writes"
    apart, together = run(subject, postgres_server, check), Wanted(since="0001")
    assert [one.revision for one in apart.findings] == ["0002"]
    assert run(subject, postgres_server, check, wanted=together) == Told()
    assert run(subject, postgres_server, check, wanted=together) == Told(known=("0002", "0003"))
    assert run(subject, postgres_server, check).findings == apart.findings
    assert run(replace(subject, releases=("0001", "0003")), postgres_server, check) == Told()


CORRUPT = ["", "{", "[]", '{"version": 1}', '{"version": 1, "findings": {"a": [1]}, "inputs": {}}', "null"]


@pytest.mark.parametrize("texts", [CORRUPT[:3], CORRUPT[3:]], ids=["no-object", "not-all-of-it"])
def test_entry_that_is_corrupt_is_ignored_with_a_line(
    proved: Subject, postgres_server: Server, texts: list[str]
) -> None:
    for file, text in zip((proved.project / FOLDER).glob("*.json"), texts, strict=True):
        file.write_text(text)
    told = run(proved, postgres_server)
    assert told.known == ()
    assert all(re.match(r"\.schemaproof_cache/\w+\.json can't be used \(\w+\)", one) for one in told.remarks)
    assert len(told.remarks) == 3
    assert run(proved, postgres_server).known == ALL


def test_entry_of_another_form_is_ignored(proved: Subject, postgres_server: Server) -> None:
    for file in (proved.project / FOLDER).glob("*.json"):
        file.write_text(json.dumps({"version": 99}))
    assert run(proved, postgres_server).known == ()


def test_folder_that_can_not_be_made_is_told(subject: Subject, postgres_server: Server) -> None:
    (subject.project / FOLDER).write_text("")
    told = [one for one in run(subject, postgres_server).remarks if "kept" in one]
    assert [one.partition(":")[0] for one in told] == ["nothing was kept in .schemaproof_cache"]


def test_nothing_but_findings_and_digests_is_kept(proved: Subject) -> None:
    folder = proved.project / FOLDER
    entries = [json.loads(file.read_text()) for file in folder.glob("*.json")]
    assert len(entries) == 3
    for entry in entries:
        assert entry.keys() == {"version", "findings", "inputs"}
        assert entry["findings"].keys() == set(FEW)
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in entry["inputs"].values())
        assert not any(Path(name).is_absolute() for name in entry["inputs"])
    assert {file.name for file in folder.iterdir() if file.suffix != ".json"} == {".gitignore", "CACHEDIR.TAG"}
    assert str(proved.project) not in "".join(file.read_text() for file in folder.iterdir())


def test_what_was_not_finished_is_not_kept(subject: Subject, postgres_server: Server) -> None:
    def fails(*_: object) -> list[Finding]:
        raise ZeroDivisionError

    several = [replace(one, examine=fails) if one.id == "downgrade-restores" else one for one in CHECKS]
    told = run(subject, postgres_server, checks=tuple(one for one in several if one.id in FEW))
    assert told.obstacles
    assert not (subject.project / FOLDER).exists()
