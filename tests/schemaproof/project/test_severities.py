"""The severities that a team gives: how they are written, and which findings they change."""

import pytest

from schemaproof.errors import ProofError
from schemaproof.finding import Severity
from schemaproof.project.severities import Grade, changes, of_project, regraded
from tests.schemaproof.report.reports import a_finding

KNOWN = ("downgrade-restores", "single-head")
AS_NOTE = Grade("downgrade-restores", Severity.NOTE, "Old.")


def test_grade_is_read_with_its_reason() -> None:
    entry = {"check": "downgrade-restores", "severity": "note", "reason": " Old. "}
    assert of_project([entry], KNOWN) == (AS_NOTE,)


@pytest.mark.parametrize(
    ("entries", "cause", "remedy"),
    [
        ({"single-head": "note"}, "is a table", 'check = "single-head"\n  severity = "note"\n  reason = "..."'),
        ("note", "is not a list", "[[tool.schemaproof.severity]]"),
        (["note"], "entry 1 is 'note'", "Write it like this:"),
        ([{"check": "single-head", "severity": "note"}], "entry 1 has no reason", 'check = "single-head"'),
        ([{"check": "single-head", "severity": "note", "reason": " "}], "reason of", "Write a non-empty string."),
        ([{"check": "single-head", "severity": "nota", "reason": "x"}], "severity: nota", "Did you mean note?"),
        (
            [{"check": "single-hed", "severity": "note", "reason": "x"}],
            "check: single-hed",
            "Did you mean single-head?",
        ),
        ([{"check": "single-head", "level": "note", "reason": "x"}], "unknown key: level", "Known are check, reason"),
        (
            [{"check": "single-head", "severity": "note", "reason": "x"}] * 2,
            "several entries for",
            "Delete all but one",
        ),
    ],
)
def test_grade_that_is_wrong_is_named_with_a_remedy(entries: object, cause: str, remedy: str) -> None:
    with pytest.raises(ProofError) as caught:
        of_project(entries, KNOWN)
    assert cause in caught.value.cause
    assert remedy in caught.value.remedy


def test_grade_changes_errors_and_warnings_of_its_check_and_leaves_notes() -> None:
    findings = [a_finding(severity=one) for one in Severity] + [a_finding(check="single-head")]
    grade = Grade("downgrade-restores", Severity.WARNING, "Old.")
    expected = [Severity.WARNING, Severity.WARNING, Severity.NOTE, Severity.ERROR]
    assert [one.severity for one in regraded(findings, [grade])] == expected


def test_grade_tells_how_many_findings_it_changed() -> None:
    (change,) = changes([a_finding(), a_finding("Another."), a_finding(severity=Severity.NOTE)], [AS_NOTE])
    assert (change.grade, change.counts) == (AS_NOTE, {Severity.ERROR: 2})
    (unchanged,) = changes([a_finding(check="single-head")], [AS_NOTE])
    assert unchanged.counts == {}
