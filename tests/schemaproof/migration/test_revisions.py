import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from alembic.config import Config

from schemaproof.migration.revisions import Chain, load, script_directory
from schemaproof.project.subject import SubjectError
from tests.schemaproof.projects import Step, make_project

type Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Add the revision ``name`` to a project in tmp_path, with the lines of code given by keyword."""
    make_project(tmp_path, [])

    def add(name: str, **assignments: object) -> None:
        lines = {"revision": name, "down_revision": None, **assignments}
        text = "\n".join(f"{key} = {value!r}" for key, value in lines.items())
        file = tmp_path / "migrations" / "versions" / f"{name}.py"
        file.write_text(text + "\ndef upgrade(): ...\ndef downgrade(): ...\n")

    return add


def loaded(folder: Path) -> Chain:
    script = script_directory(Config(str(folder / "alembic.ini")), nullcontext)
    return load(script, nullcontext)


def order(chain: Chain) -> list[str]:
    return [script.revision for script in chain.revisions]


def test_revisions_come_in_the_order_of_an_upgrade(tmp_path: Path, write: Write) -> None:
    write("b", down_revision="c")
    write("a", down_revision="b")
    write("c")
    assert order(loaded(tmp_path)) == ["c", "b", "a"]


def test_revision_comes_after_what_it_depends_on(tmp_path: Path, write: Write) -> None:
    write("a", depends_on="z")
    write("y")
    write("z", down_revision="y", branch_labels="zed")
    write("b", down_revision="a", depends_on="zed")
    revisions = order(loaded(tmp_path))
    assert revisions.index("z") < revisions.index("a") < revisions.index("b")


def test_merge_has_one_head(tmp_path: Path, write: Write) -> None:
    write("a")
    write("b", down_revision="a")
    write("c", down_revision="a")
    write("d", down_revision=("b", "c"))
    assert loaded(tmp_path).heads == ("d",)


@pytest.mark.parametrize(
    ("revisions", "revision", "words"),
    [
        ({"a": {"down_revision": "gone"}}, "a", "there is no such revision"),
        ({"a": {}, "b": {"depends_on": "gone"}}, "b", "there is no such revision"),
        ({"a": {}, "b": {"revision": "a"}}, "a", "Two files have the revision id a"),
        ({"a": {"down_revision": "b"}, "b": {"down_revision": "a"}}, "a", "cycle"),
        ({"a": {}, "b": {"down_revision": "c"}, "c": {"down_revision": "b"}}, "b", "cycle"),
        ({"a": {"down_revision": "a"}}, "a", "loop"),
        ({"a": {"depends_on": "b"}, "b": {"depends_on": "a"}}, None, "depend on each other"),
        ({"a": {"revision": "x@y"}}, "x@y", "@"),
    ],
)
def test_defect_is_told_of_the_revision(
    tmp_path: Path, write: Write, revisions: dict[str, dict[str, str]], revision: str | None, words: str
) -> None:
    for name, assignments in revisions.items():
        write(name, **assignments)
    (defect,) = loaded(tmp_path).defects
    assert (defect.kind, defect.revision) == ("chain", revision)
    assert words in defect.message


@pytest.mark.parametrize("code", ["import nothing_of_the_kind", "1 / 0", "def", "raise SystemExit('no')"])
def test_file_that_cannot_be_imported_is_told_with_its_error(tmp_path: Path, write: Write, code: str) -> None:
    write("a")
    (tmp_path / "migrations" / "versions" / "b.py").write_text(f"revision = 'b'  # the second\n{code}\n")
    (defect,) = loaded(tmp_path).defects
    assert (defect.kind, defect.revision) == ("import", "b")
    assert "Error" in defect.evidence or "SystemExit: no" in defect.evidence


def test_file_without_an_upgrade_is_told(tmp_path: Path, write: Write) -> None:
    write("a")
    (tmp_path / "migrations" / "versions" / "b.py").write_text("revision = 'b'\ndown_revision = 'a'\n")
    (defect,) = loaded(tmp_path).defects
    assert (defect.kind, defect.revision) == ("import", "b")
    assert "`def upgrade() -> None:`" in defect.remedy


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("needed.py", "`prepend_sys_path = .`"),
        ("src/needed.py", "`prepend_sys_path = src`"),
        ("other.py", "install it"),
    ],
)
def test_module_that_is_missing_is_told_with_where_it_is(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch, made: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write("a")
    (tmp_path / "src").mkdir()
    (tmp_path / made).touch()
    (tmp_path / "migrations" / "versions" / "b.py").write_text("revision = 'b'\nimport needed.models\n")
    (defect,) = loaded(tmp_path).defects
    assert defect.remedy.startswith("No module named 'needed': ")
    assert said in defect.remedy


@pytest.mark.parametrize(
    ("revisions", "remedy"),
    [
        ({"a": {"down_revision": "gone"}}, "set down_revision in a.py to"),
        ({"a": {}, "b": {"depends_on": "gone"}}, "set depends_on in b.py to"),
        ({"a": {}, "b": {"revision": "a"}}, "Give one of a.py and b.py a new id"),
        ({"a": {"down_revision": "b"}, "b": {"down_revision": "a"}}, "Set the down_revision of one of a, b to"),
        ({"a": {"depends_on": "b"}, "b": {"depends_on": "a"}}, "Remove one depends_on of "),
    ],
)
def test_remedy_names_the_file_or_the_revisions(
    tmp_path: Path, write: Write, revisions: dict[str, dict[str, str]], remedy: str
) -> None:
    for name, assignments in revisions.items():
        write(name, **assignments)
    (defect,) = loaded(tmp_path).defects
    assert remedy in defect.remedy


def test_every_defect_is_told(tmp_path: Path, write: Write) -> None:
    write("a", down_revision="gone")
    write("b", down_revision="away")
    assert {defect.revision for defect in loaded(tmp_path).defects} == {"a", "b"}


def test_folder_without_a_revision_is_refused(tmp_path: Path) -> None:
    make_project(tmp_path, [])
    with pytest.raises(SubjectError, match="No revisions in migrations/versions yet"):
        loaded(tmp_path)


def test_script_location_that_is_not_there_is_refused(tmp_path: Path) -> None:
    make_project(tmp_path, [Step("SELECT 1")])
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/nowhere\n")
    with pytest.raises(SubjectError, match="script_location"):
        loaded(tmp_path)


def test_relative_module_path_is_that_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_project(tmp_path, [Step("SELECT 1")])
    with (tmp_path / "alembic.ini").open("a") as ini:
        ini.write("prepend_sys_path = .\npath_separator = os\n")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    script_directory(Config(str(tmp_path / "alembic.ini")), nullcontext)
    assert sys.path[0] == str(tmp_path)
