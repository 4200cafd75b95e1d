"""What GitHub Actions is told."""

import dataclasses
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from schemaproof.errors import ProofError
from schemaproof.finding import Place, Severity
from schemaproof.report import markdown
from schemaproof.report.github import annotations, is_wanted, stopped, summarize
from schemaproof.report.printing import Printing
from schemaproof.report.text import render
from tests.schemaproof.report.histories import a_history
from tests.schemaproof.report.hostile import ALL, a_hostile_finding, a_hostile_report
from tests.schemaproof.report.reports import a_finding, a_report

COMMAND = re.compile(r"::(?P<command>error|warning|notice) (?P<properties>[^:]*)::(?P<message>.*)")


def test_annotation_stands_at_the_line_with_the_remedy() -> None:
    found = dataclasses.replace(a_finding(), where=Place("migrations/versions/0003.py", 12))
    assert annotations(a_report(found)) == (
        "::error file=migrations/versions/0003.py,line=12,title=schemaproof%3A downgrade-restores::"
        "type public.color: The downgrade leaves it behind.%0ARemedy: Drop the type."
        "%0APage: docs/checks/downgrade-restores.md in schemaproof's repository\n"
    )


@pytest.mark.parametrize(
    ("severity", "command"), [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.NOTE, "notice")]
)
def test_annotation_is_as_bad_as_the_finding(severity: Severity, command: str) -> None:
    assert annotations(a_report(a_finding(severity=severity))).startswith(f"::{command} file=alembic.ini,title=")


def test_annotations_begin_with_the_most_urgent() -> None:
    """GitHub shows ten of a kind."""
    lines = annotations(a_history(37, 100)).splitlines()
    assert len(lines) == 100
    assert "schemaproof%3A atomicity" in lines[0]


def test_annotation_of_hostile_texts_is_one_command_that_says_them() -> None:
    (line,) = annotations(a_report(a_hostile_finding())).splitlines()
    found = COMMAND.fullmatch(line)
    assert found is not None
    assert line.isprintable() or "\ufffd" in line
    properties = dict(one.split("=", 1) for one in found["properties"].split(","))
    assert properties.keys() == {"file", "line", "title"}
    assert "%250A::set-output::" in found["message"]
    assert unquote(found["message"]).count("forged") >= ALL.count("forged")


def test_commands_in_a_report_are_none_between_the_stops() -> None:
    before, after = stopped()
    assert re.fullmatch(r"::stop-commands::([0-9a-f]{32})\n", before)
    assert after == f"::{before.removeprefix('::stop-commands::').strip()}::\n"
    assert stopped()[0] != before


def test_annotations_are_printed_after_the_text_and_what_is_in_it_is_no_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    report = a_hostile_report()
    with Printing(github=True).printed(report, {}):
        print("::error::forged")
    stop, *lines = capsys.readouterr().out.splitlines()
    resume = f"::{stop.removeprefix('::stop-commands::')}::"
    inside = "\n".join(lines[: lines.index(resume)])
    assert inside == f"{render(report)}::error::forged"
    assert [line[:8] for line in lines[lines.index(resume) + 1 :]] == ["::error "]


@pytest.mark.parametrize(
    ("asked", "environ", "wanted"),
    [
        (None, {}, False),
        (None, {"GITHUB_ACTIONS": "true"}, True),
        (None, {"GITHUB_ACTIONS": "false"}, False),
        (True, {}, True),
        (False, {"GITHUB_ACTIONS": "true"}, False),
    ],
)
def test_github_is_told_by_itself_in_its_jobs(*, asked: bool | None, environ: dict[str, str], wanted: bool) -> None:
    assert is_wanted(asked, environ) is wanted


def test_summary_is_appended_to_the_jobs(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    summarize(a_report(a_finding()), {"GITHUB_STEP_SUMMARY": str(path)})
    assert path.read_text().startswith("before\n## schemaproof: faulty\n")
    summarize(a_report(), {})


def test_summary_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProofError, match="can't be written") as caught:
        summarize(a_report(), {"GITHUB_STEP_SUMMARY": str(tmp_path)})
    assert "--no-github" in caught.value.remedy


def test_summary_has_the_counts_those_to_begin_with_and_each_finding() -> None:
    report = a_history(37, 100)
    told = markdown.render(report)
    assert "| rows\\-kept | 12 | 0 | 0 |\n" in told
    assert told.count("<details><summary>") == 100 == told.count("</details>\n")
    assert re.findall(r"^(\d)\. \*\*", told, re.MULTILINE) == ["1", "2", "3", "4", "5"]


def test_summary_is_not_larger_than_github_takes() -> None:
    found = [a_finding(f"{number}!", evidence="x" * 100_000) for number in range(20)]
    told = markdown.render(a_report(*found))
    assert len(told.encode()) < 1024 * 1024
    assert re.search(r"\n1\d more: -v or --json FILE\n", told)


def test_summary_of_hostile_texts_has_no_html_links_or_headings_of_theirs() -> None:
    told = markdown.render(a_hostile_report())
    outside = re.sub(r"^(`{3,})text\n.*?\n\1$", "", told, flags=re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"<(/?\w+)", outside)) == {"details", "/details", "summary", "/summary", "b", "/b"}
    assert not re.findall(r"(?<!\\)\]\(|(?<!\\)!\[|(?<!\\)@", outside)
    assert re.findall(r"^#+ .*", outside, re.MULTILINE) == [
        "## schemaproof: faulty, and not everything was checked",
        "### Begin with",
        "### All findings",
    ]
    assert "\x1b" not in told
    assert "\u202e" not in told


def test_fence_is_longer_than_any_in_the_code() -> None:
    assert markdown.code("a\n````\nb") == "`````text\na\n````\nb\n`````\n"
