"""Files that reports go to."""

import os
from pathlib import Path

import pytest

from schemaproof.errors import ProofError
from schemaproof.report.files import ReportFile


def test_report_file_is_found_writable_without_being_made(tmp_path: Path) -> None:
    ReportFile.at(tmp_path / "report.json", "--json")
    assert list(tmp_path.iterdir()) == []


def test_report_file_keeps_what_it_holds_until_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("yesterday")
    file = ReportFile.at(path, "--json")
    assert path.read_text() == "yesterday"
    file.write("tödäy")
    assert path.read_text(encoding="utf-8") == "tödäy"


def test_report_file_stays_where_it_was_named_when_the_folder_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "subject").mkdir()
    monkeypatch.chdir(tmp_path)
    file = ReportFile.at(Path("report.json"), "--json")
    monkeypatch.chdir("subject")
    file.write("here")
    assert (tmp_path / "report.json").read_text() == "here"


@pytest.mark.parametrize(
    ("name", "remedy"), [("missing/report.json", "Make its folder: mkdir -p "), (".", "Name a file that this user")]
)
def test_report_file_that_cannot_be_written_is_refused_at_once(tmp_path: Path, name: str, remedy: str) -> None:
    with pytest.raises(ProofError, match=r"--junit .* can't be written: (No such file|Is a directory)") as caught:
        ReportFile.at(tmp_path / name, "--junit")
    assert caught.value.remedy.startswith(remedy)


def test_report_file_whose_folder_goes_meanwhile_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    file = ReportFile.at(tmp_path / "out" / "report.json", "--json")
    (tmp_path / "out").rmdir()
    with pytest.raises(ProofError, match="can't be written"):
        file.write("late")


def test_report_file_may_be_a_pipe_that_nobody_reads_yet(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    ReportFile.at(tmp_path / "pipe", "--json")


def test_dash_is_standard_output_and_no_file_of_that_name_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ReportFile.at(Path("-"), "--json").write("told")
    assert capsys.readouterr().out == "told"
    assert list(tmp_path.iterdir()) == []
