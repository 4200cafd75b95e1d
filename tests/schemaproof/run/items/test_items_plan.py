"""Which items there are: found in the revisions' files, without a database and mostly without running them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemaproof.project.settings import Settings
from schemaproof.project.subject import Subject
from schemaproof.proofs.registry import CHECKS
from schemaproof.run.items.plan import Plan
from schemaproof.run.items.process import Assistant
from schemaproof.run.items.revisions import NotPlainError, read_revisions
from tests.example import ROOT, assemble
from tests.schemaproof.projects import make_project, table

STRUCTURAL = ["revision-import", "revision-chain", "single-head"]


@pytest.fixture(scope="module")
def assistant() -> Iterator[Assistant]:
    """One for all: it takes a second to start."""
    with Assistant() as assistant:
        yield assistant


def ids(plan: Plan) -> list[str]:
    return [case.id for each in (False, True) for case in plan.cases(each=each)]


def example(name: str, folder: Path) -> Subject:
    return Settings.read(assemble(ROOT / name, folder), {}, known=[check.id for check in CHECKS]).subject


def write_revision(subject: Subject, text: str, name: str = "0003.py") -> None:
    (subject.project / "migrations" / "versions" / name).write_text(text)


@pytest.mark.parametrize(
    "name",
    [
        "revision-chain/sound-several-locations",
        "revision-chain/sound-depends-on-label",
        "single-head/sound-merge-of-merges",
        "upgrade-from-empty/sound-odd-names",
    ],
)
def test_order_is_the_one_in_which_alembic_applies_them(assistant: Assistant, tmp_path: Path, name: str) -> None:
    subject = example(name, tmp_path / "project")
    assert read_revisions(subject) == assistant.revisions(subject)


@pytest.mark.parametrize("name", ["location-in-package", "settings-of-its-own", "application-context"])
def test_items_are_found_where_an_application_says_where_the_revisions_are(tmp_path: Path, name: str) -> None:
    project = assemble(ROOT / "upgrade-from-empty" / f"sound-{name}", tmp_path / "project")
    assert Plan.of(project).revisions == ("0001", "0002")


def test_revision_that_needs_the_application_is_run_after_before(tmp_path: Path) -> None:
    project = assemble(ROOT / "upgrade-from-empty" / "sound-location-in-package", tmp_path / "project")
    revision = project / "flow" / "migrations" / "versions" / "0001_create_users.py"
    revision.write_text(f"from flow import settings\nsettings.engine.dialect\n{revision.read_text()}")
    assert Plan.of(project).revisions == ("0001", "0002")


def test_order_does_not_depend_on_the_process(tmp_path: Path) -> None:
    project = assemble(ROOT / "single-head" / "sound-merge-of-merges", tmp_path / "project")
    code = (
        "import sys, pathlib; from schemaproof.project.subject import Subject\n"
        "from schemaproof.run.items.revisions import read_revisions\n"
        "print(read_revisions(Subject(pathlib.Path(sys.argv[1]))))"
    )
    command = [sys.executable, "-c", code, str(project)]
    said = {subprocess.check_output(command, env=os.environ | {"PYTHONHASHSEED": seed}) for seed in ("1", "2", "3")}
    assert len(said) == 1


def test_each_revision_has_an_item_for_each_check_that_is_asked_of_revisions(tmp_path: Path) -> None:
    plan = Plan.of(make_project(tmp_path, [table("t"), table("u")]).project)
    each = [check.id for check in CHECKS if check.scope == "revision"]
    assert [case.id for case in plan.cases(each=True)] == [f"{n}-{name}" for n in ("0001", "0002") for name in each]


def test_project_has_an_item_for_each_other_check(tmp_path: Path) -> None:
    plan = Plan.of(make_project(tmp_path, [table("t")]).project)
    assert [case.id for case in plan.cases(each=False)] == [check.id for check in CHECKS if check.scope == "history"]


def test_checks_that_the_project_ignores_have_none(tmp_path: Path) -> None:
    make_project(tmp_path, [table("t")])
    (tmp_path / "pyproject.toml").write_text('[tool.schemaproof]\nselect = ["downgrade-runs", "single-head"]')
    assert ids(Plan.of(tmp_path)) == ["single-head", "0001-downgrade-runs"]


def test_revisions_are_read_without_being_run(tmp_path: Path) -> None:
    subject = make_project(tmp_path, [table("t"), table("u")])
    write_revision(subject, 'revision: str = "0003"\ndown_revision: str | None = "0002"\nraise SystemExit\n')
    assert read_revisions(subject) == ("0001", "0002", "0003")


def test_revisions_are_those_of_the_section(tmp_path: Path) -> None:
    for name, steps in (("core", [table("t")]), ("tenant", [table("t"), table("u")])):
        make_project(tmp_path / name, steps)
    ini = "".join(f"[{one}]\nscript_location = {tmp_path}/{one}/migrations\n" for one in ("core", "tenant"))
    (tmp_path / "alembic.ini").write_text(ini)
    found = [read_revisions(Subject(tmp_path, name=name)) for name in ("core", "tenant")]
    assert found == [("0001",), ("0001", "0002")]


def test_reading_leaves_the_module_path_and_the_folder_as_they_were(tmp_path: Path) -> None:
    subject = make_project(tmp_path, [table("t")])
    ini = subject.project / "alembic.ini"
    ini.write_text(ini.read_text() + "prepend_sys_path = .\n")  # with no path_separator, of which Alembic warns
    before = sys.path[:], Path.cwd()
    read_revisions(subject)
    assert (sys.path, Path.cwd()) == before


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('revision = "00" + "03"\ndown_revision = "0002"', id="computed"),
        pytest.param('down_revision = "0002"\nif True:\n    revision = "0003"', id="conditional"),
        pytest.param('revision = "0009"\ndown_revision = "0002"\nfrom ids import *', id="star-import"),
        pytest.param('revision = "0009"\ndown_revision = "0002"\nrevision = "0003"', id="twice"),
        pytest.param('revision = "0003"\ndown_revision = None\nfrom ids import down_revision', id="import"),
    ],
)
def test_file_that_must_be_run_is_run(assistant: Assistant, tmp_path: Path, text: str) -> None:
    subject = make_project(tmp_path, [table("t"), table("u")])
    ini = subject.project / "alembic.ini"
    ini.write_text(ini.read_text() + "prepend_sys_path = %(here)s\npath_separator = os\n")
    (subject.project / "ids.py").write_text('revision = "0003"\ndown_revision = "0002"\n')
    write_revision(subject, f"{text}\ndef upgrade(): pass")
    with pytest.raises(NotPlainError):
        read_revisions(subject)
    assert assistant.revisions(subject) == ("0001", "0002", "0003")


def test_file_that_must_be_run_is_run_in_another_process(tmp_path: Path) -> None:
    subject = make_project(tmp_path, [table("t"), table("u")])
    leaves = 'import os\nos.environ["RUN_HERE"] = "yes"\n'
    write_revision(subject, f'{leaves}revision = "00" + "03"\ndown_revision = "0002"\ndef upgrade(): pass')
    assert Plan.of(subject.project).revisions == ("0001", "0002", "0003")
    assert "RUN_HERE" not in os.environ


@pytest.mark.parametrize(
    "name",
    [
        "revision-chain/faulty-circle",
        "revision-chain/faulty-circle-of-dependencies",
        "revision-chain/faulty-duplicate-id",
        "revision-chain/faulty-missing-parent",
        "revision-chain/faulty-own-parent",
        "revision-import/faulty-conflict-markers",
        "revision-import/faulty-helper-in-versions",
        "impossible/no-revisions",
        "impossible/no-alembic-ini",
    ],
)
def test_project_that_cannot_be_walked_has_the_items_that_tell_why(tmp_path: Path, name: str) -> None:
    assert ids(Plan.of(assemble(ROOT / name, tmp_path / "project"))) == STRUCTURAL


def test_items_that_tell_why_are_there_also_where_they_are_not_selected(tmp_path: Path) -> None:
    subject = make_project(tmp_path, [table("t"), table("u")])
    (tmp_path / "pyproject.toml").write_text('[tool.schemaproof]\nselect = ["downgrade-runs"]')
    (subject.project / "migrations" / "versions" / "0001.py").unlink()
    assert ids(Plan.of(tmp_path)) == STRUCTURAL


def test_wrong_settings_have_the_items_that_will_tell_it(tmp_path: Path) -> None:
    make_project(tmp_path, [table("t")])
    (tmp_path / "pyproject.toml").write_text('[tool.schemaproof]\nselekt = ["downgrade-runs"]')
    assert ids(Plan.of(tmp_path)) == STRUCTURAL
