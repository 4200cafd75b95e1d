"""The chain of revisions, verified without a server."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from schemaproof.cli import main
from schemaproof.postgres import Server
from tests.schemaproof.projects import make_project, table

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"

type Edit = Callable[[Path], object]


def hook(folder: Path, *options: str, postgres: str = NOWHERE) -> int:
    """As .pre-commit-hooks.yaml has it, but for the server."""
    return main(["verify", "--project", str(folder), "--select", "history", "--postgres", postgres, *options])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_project(tmp_path / "project", [table("t"), table("u"), table("v")])
    return tmp_path / "project"


def test_files_in_which_nothing_is_wrong_need_no_server(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hook(folder, "--json", str(folder / "r.json")) == 0
    told = json.loads((folder / "r.json").read_text())
    assert told["verdict"] == "sound"
    assert [one["id"] for one in told["checks"]] == ["revision-import", "revision-chain", "single-head"]
    assert (told["postgres"], told["subject"]["revisions"], told["subject"]["heads"]) == ("", 3, ["0003"])
    out = capsys.readouterr().out
    assert "none is needed: the files say it" in out
    assert "PostgreSQL" not in out


def test_files_alone_are_asked_of_what_is_new(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git = ["git", "-C", str(folder), "-c", "user.name=n", "-c", "user.email=n@127.0.0.1"]
    (folder / "migrations" / "versions" / "0003.py").rename(folder / "0003.py")
    for command in (["init", "-q"], ["add", "migrations"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True)
    (folder / "0003.py").rename(folder / "migrations" / "versions" / "0003.py")
    assert hook(folder, "--since", "HEAD") == 0
    assert "1 of 3 revisions" in capsys.readouterr().out


def _second_head(versions: Path) -> None:
    text = (versions / "0003.py").read_text()
    (versions / "0004.py").write_text(text.replace("'0003'", "'0004'"))


@pytest.mark.parametrize(
    ("edit", "check"),
    [
        (_second_head, "single-head"),
        (lambda versions: (versions / "0002.py").unlink(), "revision-chain"),
        (lambda versions: (versions / "0002.py").write_text("import nothing_of_this_name"), "revision-import"),
    ],
)
def test_what_is_wrong_is_told_by_a_run_of_env_py(
    folder: Path, edit: Edit, check: str, postgres_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(folder / "migrations" / "versions")
    assert hook(folder) == 2  # it asks for the server, which is not there
    capsys.readouterr()
    assert hook(folder, postgres=postgres_server.url.render_as_string(hide_password=False)) == 1
    assert f"error[{check}]" in capsys.readouterr().out


def test_other_checks_need_a_server(folder: Path) -> None:
    assert hook(folder, "--select", "history,downgrade") == 2
