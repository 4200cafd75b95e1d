"""``schemaproof baseline``, and what verify makes of its file."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from schemaproof.cli import main
from schemaproof.finding import Finding, Severity
from schemaproof.postgres import Server
from schemaproof.project.baseline import FILE, read
from tests.schemaproof.projects import Step, make_project, table

pytestmark = pytest.mark.usefixtures("proved_server")

FORGETS_TYPE = Step("CREATE TYPE a AS ENUM ('x')", "SELECT 1")
CHECKS = ["--select", "downgrade-missing,downgrade-restores,unused-allowance"]


class Gate:
    """A project, and the commands on it."""

    def __init__(self, folder: Path, steps: Sequence[Step], server: Server) -> None:
        self.folder = folder
        self.url = server.url.render_as_string(hide_password=False)
        self.versions = make_project(folder, steps).project / "migrations" / "versions"

    def run(self, command: str, *options: str) -> int:
        checks = [] if "--select" in options else CHECKS
        return main([command, "--project", str(self.folder), "--postgres", self.url, "--no-cache", *checks, *options])

    def revisions(self) -> list[str | None]:
        """Those of the findings that are known."""
        found = read(self.folder)
        return [] if found is None else [one.revision for one in found.entries]

    def edit(self, revision: str, old: str, new: str) -> None:
        file = self.versions / f"{revision}.py"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))


@pytest.fixture
def gate(tmp_path: Path, postgres_server: Server) -> Gate:
    """A project whose first revision leaves a type behind."""
    return Gate(tmp_path / "project", [FORGETS_TYPE, table("u")], postgres_server)


def test_project_is_green_with_its_baseline_and_red_with_something_new(
    gate: Gate, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate.run("verify") == 1
    assert gate.run("baseline", "--json", str(gate.folder / "r.json")) == 0
    assert gate.revisions() == ["0001"]
    assert json.loads((gate.folder / "r.json").read_text())["verdict"] == "faulty"
    capsys.readouterr()
    assert gate.run("verify") == 0
    assert "1 known (baseline: 1 error), 0 new" in capsys.readouterr().out
    gate.edit("0002", "DROP TABLE u", "SELECT 1")
    assert gate.run("verify") == 1
    out = capsys.readouterr().out
    assert "1 known (baseline: 1 error), 1 new" in out
    assert "revision 0002" in out
    assert "revision 0001" not in out


def test_baseline_of_a_former_release_is_renewed(gate: Gate) -> None:
    assert gate.run("baseline", "--json", str(gate.folder / "r.json")) == 0
    file = gate.folder / FILE
    text = file.read_text()
    (told,) = json.loads((gate.folder / "r.json").read_text())["findings"]
    found = Finding(
        told["check"],
        told["area"],
        Severity(told["severity"]),
        told["revision"],
        told["object"],
        told["message"],
        *"cer",
    )
    former = text.replace(told["fingerprint"], found.former_fingerprint).replace("version = 2", "version = 1")
    assert former != text
    file.write_text(former)
    assert gate.run("verify") == 0
    assert file.read_text() == former
    assert gate.run("baseline") == 0
    assert file.read_text() == text


def test_what_is_fixed_is_told_and_pruned_with_nothing_added(gate: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate.run("baseline") == 0
    gate.edit("0001", "SELECT 1", "DROP TYPE a")
    capsys.readouterr()
    assert gate.run("verify", "--select", "single-head") == 0
    assert "fixed" not in capsys.readouterr().out
    assert gate.run("verify") == 0
    assert "1 fixed: run `schemaproof baseline --prune`: downgrade-" in capsys.readouterr().out
    gate.edit("0002", "DROP TABLE u", "SELECT 1")
    assert gate.run("baseline", "--prune") == 0
    assert gate.revisions() == []
    assert gate.run("verify") == 1


def test_baseline_of_a_sound_project_writes_nothing(tmp_path: Path, postgres_server: Server) -> None:
    gate = Gate(tmp_path / "project", [table("t")], postgres_server)
    assert gate.run("baseline") == 0
    assert not (gate.folder / FILE).exists()


def test_baseline_of_what_is_no_project_writes_nothing(tmp_path: Path) -> None:
    assert main(["baseline", "--project", str(tmp_path), "--postgres", "embedded"]) == 2
    assert list(tmp_path.iterdir()) == []


def test_file_that_cannot_be_used_is_found_before_the_run(gate: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    (gate.folder / FILE).mkdir()
    assert gate.run("baseline") == 2
    assert "can't be read: Is a directory" in capsys.readouterr().err
