"""What is said of a baseline."""

import json
from dataclasses import replace

from schemaproof.finding import Severity
from schemaproof.project.baseline import FILE, Baseline, Entry
from schemaproof.report import junit, known, markdown, sarif, text
from schemaproof.report.outcome import Known
from tests.schemaproof.report.reports import a_finding, a_report

OLD = (a_finding(), "Old rows.")
GONE = Entry.of(a_finding(revision="0001"))


def test_report_tells_what_is_known_what_is_new_and_what_is_fixed() -> None:
    warning = a_finding(revision="0002", severity=Severity.WARNING)
    said = replace(a_report(a_finding(revision="0003")), known=Known((OLD, (warning, "")), (GONE,)))
    assert list(known.lines(said)) == [
        "2 known (baseline: 1 error, 1 warning), 1 new",
        "1 fixed: run `schemaproof baseline --prune`: downgrade-restores at 0001 (type public.color)",
    ]
    assert "2 known (baseline: 1 error, 1 warning), 1 new" in text.render(said)


def test_report_without_a_baseline_says_nothing_of_it() -> None:
    assert list(known.lines(a_report())) == []


def test_hostile_names_are_shown_as_text() -> None:
    hostile = replace(GONE, object="type \x1b[2Jpublic.\x00")
    assert "\x1b" not in known.place(hostile)


def test_known_finding_is_a_skipped_case_of_junit() -> None:
    document = junit.render(replace(a_report(), known=Known((OLD,))))
    assert 'failures="0"' in document
    assert '<skipped message="Old rows." />' in document


def test_recording_tells_what_it_added_removed_and_left() -> None:
    other = Entry.of(a_finding(revision="0002", severity=Severity.WARNING))
    assert known.recorded((GONE,), (GONE, other), (GONE,)).splitlines() == [
        f"{FILE}: 1 added (1 warning), 0 removed, 2 in all",
        "       1 warning[downgrade-restores]",
        "1 fixed: run `schemaproof baseline --prune`",
        f"2 without a reason: say in {FILE} why each may stay",
    ]
    assert known.recorded((GONE,), Baseline().entries, (GONE,)).splitlines() == [
        f"{FILE}: 0 added, 1 removed, 0 in all",
        "  fixed: downgrade-restores at 0001 (type public.color)",
    ]


def test_known_finding_is_a_suppressed_result_of_sarif() -> None:
    (run,) = json.loads(sarif.render(replace(a_report(), known=Known((OLD,)))))["runs"]
    assert [one["suppressions"][0]["justification"] for one in run["results"]] == ["Old rows."]


def test_summary_of_a_job_tells_what_is_known_and_new() -> None:
    said = replace(a_report(a_finding(revision="0001")), known=Known((OLD,)))
    assert "- 1 known (baseline: 1 error), 1 new" in markdown.render(said).replace("\\", "")
