"""The process that runs the project's code ends where nobody expected it: what it has found is reported."""

import json
from pathlib import Path

import pytest

from schemaproof.cli import main
from schemaproof.run import apart
from tests.schemaproof.projects import Step, make_project, table

FORGETS_INDEX = Step("CREATE INDEX i ON t (id)", "SELECT 1")


def project(folder: Path, code: str) -> None:
    """One whose third revision does ``code`` first."""
    make_project(folder, [table("t"), FORGETS_INDEX, table("u"), table("v")])
    file = folder / "migrations" / "versions" / "0003.py"
    file.write_text(file.read_text().replace("def upgrade():", f"def upgrade():\n    {code}"))


def verify(folder: Path, *arguments: str) -> int:
    command = ["verify", "--project", str(folder), "--postgres", "embedded", "--driver", "psycopg"]
    return main([*command, "--select", "downgrade-missing", "--json", str(folder / "r.json"), *arguments])


@pytest.mark.parametrize(
    ("code", "how", "evidence"),
    [
        ("import os; os._exit(7)", "exit code 7", ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL", ""),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV", "0003.py"),
    ],
)
def test_process_that_the_project_ends_is_told_with_what_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], code: str, how: str, evidence: str
) -> None:
    project(tmp_path, code)
    assert verify(tmp_path) == 2
    captured = capsys.readouterr()
    assert "error[downgrade-missing] The downgrade of 0002 does nothing." in captured.out
    (obstacle,) = json.loads((tmp_path / "r.json").read_text())["obstacles"]
    cause = f"The process that runs the project's code died ({how}) at revision 3 of 4 (0003)."
    assert (obstacle["kind"], obstacle["cause"]) == ("impossible", cause)
    assert evidence in obstacle["evidence"]
    assert f"schemaproof: {cause}" in captured.err


def test_server_that_is_lost_is_told_with_what_was_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kill = 'import os, signal; pid = op.get_bind().exec_driver_sql("SELECT pg_backend_pid()").scalar()'
    parent = "import psutil; os.kill(psutil.Process(pid).ppid(), signal.SIGQUIT)"
    project(tmp_path, f"{kill}; {parent}")
    assert verify(tmp_path) == 2
    captured = capsys.readouterr()
    assert "error[downgrade-missing] The downgrade of 0002 does nothing." in captured.out
    assert "schemaproof: Can't connect to the PostgreSQL server" in captured.err
    assert json.loads((tmp_path / "r.json").read_text())["verdict"] == "faulty"


def test_project_reads_nothing_from_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody would answer a question that nobody sees."""
    project(tmp_path, "input('Sure? ')")
    assert verify(tmp_path, "--select", "upgrade-from-empty") == 1
    assert "EOFError" in capsys.readouterr().out


def test_how_far_the_other_process_is_reaches_the_one_that_shows_it() -> None:
    said: list[tuple[object, ...]] = []
    told = apart._Told(lambda *what: said.append(what))
    told.stage("revisions", 2)
    told.step("0001", 1, 0.75)
    told.now("0002 atomicity")
    assert said == [("stage", "revisions", 2), ("step", "0001", 1, 0.75), ("now", "0002 atomicity")]
