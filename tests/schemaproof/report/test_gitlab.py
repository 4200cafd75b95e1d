"""The report for merge requests."""

import dataclasses
import json
from typing import Any

import jsonschema
import pytest

from schemaproof.finding import Place, Severity
from schemaproof.report.gitlab import render
from schemaproof.report.outcome import Report
from tests.schemaproof.report.histories import a_history
from tests.schemaproof.report.hostile import a_hostile_report
from tests.schemaproof.report.reports import a_finding, a_report

# GitLab's manual, "Code Quality", "Code Quality report format".
ISSUES = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "location", "severity"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string"},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\.?/)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def issues(report: Report) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(render(report))
    jsonschema.validate(told, ISSUES)
    return told


@pytest.mark.parametrize(
    "report", [a_report(), a_history(37, 100), a_hostile_report()], ids=["sound", "long", "hostile"]
)
def test_gitlab_gets_each_finding_with_a_fingerprint_of_its_own(report: Report) -> None:
    told = issues(report)
    assert len({one["fingerprint"] for one in told}) == len(told) == len(report.findings)


@pytest.mark.parametrize(
    ("severity", "shown"), [(Severity.ERROR, "critical"), (Severity.WARNING, "major"), (Severity.NOTE, "info")]
)
def test_gitlab_severity_is_as_bad(severity: Severity, shown: str) -> None:
    assert issues(a_report(a_finding(severity=severity)))[0]["severity"] == shown


def test_gitlab_issue_stands_at_its_line() -> None:
    (told,) = issues(a_report(dataclasses.replace(a_finding(), where=Place("migrations/versions/0003.py", 12))))
    assert told["location"] == {"path": "migrations/versions/0003.py", "lines": {"begin": 12}}


def test_gitlab_issue_that_stands_nowhere_is_at_alembic_ini() -> None:
    (told,) = issues(a_report(a_finding()))
    assert told["location"] == {"path": "alembic.ini", "lines": {"begin": 1}}
