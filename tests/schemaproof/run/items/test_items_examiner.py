"""The checks asked one at a time, in any order, by several processes that share a server."""

import itertools
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from schemaproof.errors import ProofError
from schemaproof.finding import Finding
from schemaproof.postgres import Server
from schemaproof.project.allowances import Allowance
from schemaproof.project.subject import Subject, SubjectError
from schemaproof.proofs.registry import CHECKS
from schemaproof.run.items.examiner import Examiner
from schemaproof.run.items.interview import Question
from schemaproof.run.items.process import Assistant
from tests.schemaproof.conftest import Databases
from tests.schemaproof.processes import ended, wait_until
from tests.schemaproof.projects import ENV, Step, make_project, table

ALL = [check.id for check in CHECKS]
FORGETS_TABLE = Step("CREATE TABLE forgotten (id int)", "SELECT 1")
FORGETS_COLUMN = Step("ALTER TABLE t ADD a int, ADD b int", "ALTER TABLE t DROP a")
FAILS = Step("CREATE TABLE t (id int)")
NEVER_COMMITS = ENV.replace(
    "    with engine.connect() as connection:",
    "    with engine.connect() as connection:\n" + ("        connection.begin()"),
)


@contextmanager
def examiner(
    subject: Subject,
    server: Server,
    allowances: Sequence[Allowance] = (),
    collected: Iterable[str] | None = (),
    checks: Sequence[str] = ALL,
) -> Iterator[Examiner]:
    """An examiner of ``checks``; ``collected`` are by default the ids that make_project gives."""
    if collected == ():
        collected = sorted(path.stem for path in (subject.project / "migrations" / "versions").glob("*.py"))
    made = Examiner(subject, server, checks, allowances, None if collected is None else list(collected))
    try:
        yield made
    finally:
        made.close()


def keys(asked: Examiner, *questions: Question) -> list[tuple[str, str | None, str | None]]:
    """Check, revision and object of each finding that is worse than a note."""
    found = [finding for question in questions for finding in asked.answer(question).findings]
    return [(finding.check, finding.revision, finding.object) for finding in found if finding.faulty]


def of(revision: str, check: str = "downgrade-restores") -> Question:
    return Question(check, revision)


def test_answers_do_not_depend_on_the_order_of_the_questions(tmp_path: Path, own_server: Server) -> None:
    subject = make_project(tmp_path, [table("t"), FORGETS_COLUMN, FORGETS_TABLE])
    questions = [of("0001"), of("0002"), of("0003"), Question("upgrade-again"), Question("single-head")]
    expected = {
        ("downgrade-restores", "0002", "column public.t.b"),
        ("downgrade-restores", "0003", "table public.forgotten"),
        ("downgrade-missing", "0003", None),
    }
    for order in (questions[::-1], [*questions[1:], *questions[:1]]):  # that of the items is asked in test_items.py
        with examiner(subject, own_server) as asked:
            asked.answer(order[0])
            assert set(keys(asked, *order, of("0003", "downgrade-missing"))) == expected


def test_one_stairway_answers_all_checks_that_judge_it(tmp_path: Path, own_server: Server) -> None:
    subject = make_project(tmp_path, [Step("SELECT pg_notify('x', 'y')", "SELECT 1"), table("t")])
    with examiner(subject, own_server) as asked:
        asked.answer(of("0001"))
        (subject.project / "migrations" / "env.py").write_text("raise SystemExit")
        assert asked.answer(of("0001", "downgrade-runs")).skipped == ""


def test_revision_that_cannot_be_reached_is_skipped_with_the_one_that_fails(tmp_path: Path, own_server: Server) -> None:
    subject = make_project(tmp_path, [table("t"), FAILS, table("u"), table("v")])
    with examiner(subject, own_server) as asked:
        assert asked.answer(of("0004")).skipped == "revision 0002 fails"
        assert asked.answer(of("0002")).skipped == "revision 0002 fails"
        assert keys(asked, of("0001"), of("0002", "upgrade-from-empty")) == [("upgrade-from-empty", "0002", None)]


def test_checks_of_head_are_skipped_where_head_cannot_be_reached(tmp_path: Path, own_server: Server) -> None:
    subject = make_project(tmp_path, [table("t"), FAILS])
    with examiner(subject, own_server) as asked:
        for check in ("upgrade-again", "upgrade-in-one-call", "parity-autogenerate", "downgrade-to-base"):
            assert asked.answer(Question(check)).skipped == "revision 0002 fails, so head can't be reached", check


def test_upgrade_that_is_never_committed_stops_what_comes_after_it(tmp_path: Path, own_server: Server) -> None:
    subject = make_project(tmp_path, [table("t"), table("u")], env=NEVER_COMMITS)
    with examiner(subject, own_server) as asked:
        assert asked.answer(Question("upgrade-again")).skipped.startswith("revision 0001 fails")
        assert asked.answer(of("0002", "upgrade-from-empty")).skipped == "revision 0001 fails"
        assert keys(asked, of("0001", "upgrade-from-empty")) == [("upgrade-from-empty", "0001", None)]


def test_revisions_are_skipped_where_a_file_cannot_be_imported(tmp_path: Path, own_server: Server) -> None:
    subject = make_project(tmp_path, [table("t"), table("u")])
    with (subject.project / "migrations" / "versions" / "0002.py").open("a") as file:
        file.write("import nothing_of_that_name\n")
    with examiner(subject, own_server) as asked:
        assert "the revision files can't be loaded" in asked.answer(of("0001")).skipped
        assert keys(asked, Question("revision-import")) == [("revision-import", "0002", None)]


def test_other_revisions_are_examined_after_one_that_the_server_cannot_run(tmp_path: Path, own_server: Server) -> None:
    lacks = Step("CREATE TABLE u (id int); COMMIT; CREATE EXTENSION no_such_extension")
    with examiner(make_project(tmp_path, [FORGETS_TABLE, lacks]), own_server) as asked:
        for _ in range(2):
            obstacle = asked.answer(of("0002")).obstacle
            assert obstacle is not None
            assert "no_such_extension" in obstacle.cause
        assert keys(asked, of("0001", "downgrade-missing")) == [("downgrade-missing", "0001", None)]


def test_subject_that_cannot_be_opened_is_opened_once(tmp_path: Path, own_server: Server) -> None:
    env = "with open('runs', 'a') as file:\n    file.write('x')\nraise RuntimeError('broken on purpose')"
    subject = make_project(tmp_path, [table("t")], env=env)
    with examiner(subject, own_server) as asked:
        for check in ("single-head", "upgrade-again"):
            with pytest.raises(SubjectError, match="broken on purpose"):
                asked.answer(Question(check))
            (tmp_path / "runs").rename(tmp_path / check)
            (tmp_path / "runs").touch()
    assert (tmp_path / "upgrade-again").read_text() == ""


@pytest.mark.parametrize("collected", [["0001"], ["0001", "0002", "0003"], None])
def test_subject_with_other_revisions_than_those_collected_is_refused(
    tmp_path: Path, own_server: Server, collected: list[str] | None
) -> None:
    subject = make_project(tmp_path, [table("t"), table("u")])
    with (
        examiner(subject, own_server, collected=collected) as asked,
        pytest.raises(SubjectError, match="The project has other revisions than pytest collected"),
    ):
        asked.answer(Question("single-head"))


def test_allowed_finding_is_told_apart_with_its_reason(tmp_path: Path, own_server: Server) -> None:
    allowance = Allowance("downgrade-restores", "Nobody minds.", object="column public.t.b")
    subject = make_project(tmp_path, [table("t"), FORGETS_COLUMN])
    with examiner(subject, own_server, [allowance]) as asked:
        answer = asked.answer(of("0002"))
    assert (answer.findings, [reason for _, reason in answer.allowed]) == ((), ["Nobody minds."])


def test_allowance_beside_the_revision_counts(tmp_path: Path, own_server: Server) -> None:
    subject = make_project(tmp_path, [table("t"), FORGETS_COLUMN])
    with (subject.project / "migrations" / "versions" / "0002.py").open("a") as file:
        file.write('schemaproof_allow = [{"check": "downgrade-restores", "reason": "Nobody minds."}]\n')
    with examiner(subject, own_server) as asked:
        assert keys(asked, of("0002"), Question("unused-allowance")) == []


@pytest.fixture(scope="module")
def asked_once(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[Examiner]:
    """One that answers again what it has been asked: which allowances there are makes no difference to that."""
    subject = make_project(tmp_path_factory.mktemp("asked"), [table("t"), FORGETS_COLUMN])
    server = replace(postgres_server, run=secrets.token_hex(3))
    with closing(server), examiner(subject, server) as asked:
        asked.answer(Question("revision-chain"))
        yield asked


@pytest.mark.parametrize(
    ("allowance", "unused"),
    [
        pytest.param(Allowance("downgrade-restores", "r"), False, id="used-at-some-revision"),
        pytest.param(Allowance("downgrade-restores", "r", revision="0002"), False, id="used-at-its-revision"),
        pytest.param(Allowance("downgrade-restores", "r", revision="0001"), True, id="unused-at-its-revision"),
        pytest.param(Allowance("downgrade-restores", "r", revision="0009"), True, id="revision-that-is-not-there"),
        pytest.param(Allowance("downgrade-restores", "r", object="table t"), True, id="object-that-is-not-there"),
        pytest.param(Allowance("upgrade-again", "r"), True, id="of-the-project"),
    ],
)
def test_unused_allowance_is_told_whatever_else_was_asked(
    asked_once: Examiner, monkeypatch: pytest.MonkeyPatch, allowance: Allowance, unused: bool
) -> None:
    monkeypatch.setattr(asked_once, "_allowances", (allowance,))
    found = keys(asked_once, Question("unused-allowance"))
    assert [check for check, _, _ in found] == ["unused-allowance"] * unused


def test_only_allowances_of_what_can_be_reached_are_judged(tmp_path: Path, own_server: Server) -> None:
    subject = make_project(tmp_path, [table("t"), FAILS, table("u")])
    allowances = [Allowance("downgrade-restores", "r", revision=revision) for revision in ("0001", "0003", None)]
    with examiner(subject, own_server, allowances) as asked:
        assert keys(asked, Question("unused-allowance")) == [("unused-allowance", "0001", None)]


@pytest.mark.parametrize("hidden", [False, True], ids=["in-the-file", "in-a-module"])
def test_role_that_revisions_make_is_in_the_way_of_no_other_worker(
    tmp_path: Path, own_server: Server, databases: Databases, role: str, hidden: bool
) -> None:
    """It belongs to the whole server, whose other databases make it too."""
    subject = make_project(tmp_path, [table("t"), Step(f"CREATE ROLE {role}", f"DROP ROLE {role}"), table("u")])
    if hidden:
        revision = subject.project / "migrations" / "versions" / "0002.py"
        revision.write_text(revision.read_text().replace("CREATE ROLE", "CREATE ' 'ROLE"))
    few = ["downgrade-restores", "upgrade-again"]  # alone on the server, an examiner asks all that it has at once
    checks = few if hidden else [*few, "upgrade-with-rows", "parity-catalog", "downgrade-to-base"]
    with examiner(subject, own_server, checks=checks) as one, examiner(subject, own_server, checks=few) as other:
        for asked, question in itertools.product((one, other), (of("0003"), Question("upgrade-again"), of("0002"))):
            assert keys(asked, question) == []
            assert asked.answer(question).skipped == ""
    assert databases() == set()
    assert role not in own_server.roles()


def test_nothing_is_left_on_the_server(tmp_path: Path, own_server: Server, databases: Databases) -> None:
    with examiner(make_project(tmp_path, [table("t"), FORGETS_TABLE]), own_server) as asked:
        asked.answer(of("0002"))
        asked.answer(Question("upgrade-in-one-call"))
        assert databases() != set()
    assert databases() == set()


def assist(assistant: Assistant, subject: Subject, server: Server) -> Any:
    assistant.examine(subject, server, ALL, (), ["0001"])
    return assistant.answer(of("0001"))


def test_other_process_answers_and_leaves_nothing(tmp_path: Path, own_server: Server, databases: Databases) -> None:
    others = psutil.Process().children()  # those of this run's own items
    with Assistant() as assistant:
        assert assist(assistant, make_project(tmp_path, [table("t")]), own_server).findings == ()
        (process,) = (one for one in psutil.Process().children() if one not in others)
    assert ended(process)
    assert databases() == set()


def test_project_that_ends_its_process_is_told_with_the_exit_code(tmp_path: Path, own_server: Server) -> None:
    env = "import os\nos.write(2, b'last words')\nos._exit(3)"
    with Assistant() as assistant, pytest.raises(ProofError, match=r"exit code 3\)\.\nlast words"):
        assist(assistant, make_project(tmp_path, [table("t")], env=env), own_server)


def test_other_process_ends_with_the_one_that_asks() -> None:
    code = (
        "import time; from schemaproof.run.items.process import Assistant; one = Assistant()\n"
        "print(one._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        process = psutil.Process(int(asking.stdout.readline()))
        asking.send_signal(signal.SIGKILL)
        wait_until(lambda: ended(process))
    with suppress(psutil.NoSuchProcess):
        process.kill()


def test_env_py_that_fails_on_an_empty_database_is_told_once(tmp_path: Path, own_server: Server) -> None:
    subject = make_project(tmp_path, [table("t"), table("u")], options='{"version_table_schema": "absent"}')
    with examiner(subject, own_server) as asked:
        found = keys(asked, *(of(one, "upgrade-from-empty") for one in ("0001", "0002")))
        assert found == [("upgrade-from-empty", None, None)]
        assert "fails on an empty database" in asked.answer(of("0002")).skipped
        assert "fails on an empty database" in asked.answer(Question("revision-chain")).skipped


def test_check_that_crashes_keeps_no_other_from_being_asked(
    tmp_path: Path, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> Iterable[Finding]:
        raise KeyError("no such thing")

    checks = [replace(one, examine=crash) if one.id == "downgrade-runs" else one for one in CHECKS]
    monkeypatch.setattr("schemaproof.run.items.examiner.CHECKS", checks)
    subject = make_project(tmp_path, [table("t"), FORGETS_TABLE])
    with examiner(subject, own_server) as asked:
        crashed = asked.answer(of("0002", "downgrade-runs")).obstacle
        assert crashed is not None
        assert (crashed.kind, crashed.cause) == ("defect", "schemaproof failed: KeyError: 'no such thing'")
        assert keys(asked, of("0002", "downgrade-missing")) == [("downgrade-missing", "0002", None)]


def test_revision_of_which_nothing_can_be_said_keeps_no_other_from_being_asked(
    tmp_path: Path, own_server: Server
) -> None:
    """Its downgrade connects elsewhere."""
    subject = make_project(tmp_path, [table("t"), table("u"), FORGETS_TABLE])
    file = tmp_path / "migrations" / "versions" / "0002.py"
    odd = 'import sqlalchemy as sa; sa.create_engine("postgresql+psycopg://u@127.0.0.1:1/app").connect()'
    file.write_text(file.read_text().replace("def downgrade():", f"def downgrade():\n    {odd}"))
    with examiner(subject, own_server) as asked:
        obstacle = asked.answer(of("0002")).obstacle
        assert obstacle is not None
        assert "127.0.0.1:1/app" in obstacle.cause
        assert keys(asked, of("0003", "downgrade-missing")) == [("downgrade-missing", "0003", None)]
