"""The report for code scanning."""

import dataclasses
import json
from typing import Any

import jsonschema
import pytest

from schemaproof.finding import Place, Severity
from schemaproof.report.outcome import Obstacle, Report
from schemaproof.report.sarif import render
from tests.schemaproof.report.histories import a_history
from tests.schemaproof.report.hostile import a_hostile_report
from tests.schemaproof.report.reports import a_finding, a_report

# What SARIF 2.1.0 requires of what is written here (3.13 to 3.59); OASIS' own schema has no package.
_TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_RULE = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "help": _TEXT, "shortDescription": _TEXT, "fullDescription": _TEXT},
}
_PHYSICAL = {
    "type": "object",
    "required": ["artifactLocation"],
    "properties": {
        "artifactLocation": {
            "type": "object",
            "required": ["uri"],
            "properties": {"uri": {"type": "string", "pattern": r"^[\w./~%-]+$"}},
        },
        "region": {"type": "object", "properties": {"startLine": {"type": "integer", "minimum": 1}}},
    },
}
_RESULT = {
    "type": "object",
    "required": ["message", "ruleId", "level", "locations", "partialFingerprints"],
    "properties": {
        "message": _TEXT,
        "level": _LEVEL,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "locations": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "physicalLocation": _PHYSICAL,
                    "logicalLocations": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"name": {"type": "string"}, "kind": {"type": "string"}},
                        },
                    },
                },
            },
        },
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        "suppressions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind"],
                "properties": {"kind": {"enum": ["inSource", "external"]}},
            },
        },
    },
}
_NOTIFICATION = {"type": "object", "required": ["message"], "properties": {"message": _TEXT, "level": _LEVEL}}
_RUN = {
    "type": "object",
    "required": ["tool", "results"],
    "properties": {
        "tool": {
            "type": "object",
            "required": ["driver"],
            "properties": {
                "driver": {
                    "type": "object",
                    "required": ["name", "version", "rules"],
                    "properties": {"rules": {"type": "array", "uniqueItems": True, "items": _RULE}},
                }
            },
        },
        "invocations": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["executionSuccessful"],
                "properties": {
                    "executionSuccessful": {"type": "boolean"},
                    "toolExecutionNotifications": {"type": "array", "items": _NOTIFICATION},
                },
            },
        },
        "results": {"type": "array", "items": _RESULT},
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    },
}
REQUIRED = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {"version": {"const": "2.1.0"}, "runs": {"type": "array", "minItems": 1, "items": _RUN}},
}


def run(report: Report) -> dict[str, Any]:
    document = json.loads(render(report))
    jsonschema.validate(document, REQUIRED)
    told: dict[str, Any] = document["runs"][0]
    return told


@pytest.mark.parametrize(
    "report", [a_report(), a_history(37, 100), a_hostile_report()], ids=["sound", "long", "hostile"]
)
def test_sarif_has_what_the_standard_requires(report: Report) -> None:
    told = run(report)
    rules = told["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in told["results"])
    assert len(told["results"]) == len(report.findings) + len(report.allowed)


def test_sarif_result_is_the_finding_at_its_line_with_its_fingerprint() -> None:
    found = dataclasses.replace(a_finding(severity=Severity.WARNING), where=Place("migrations/versions/0003 a.py", 12))
    (result,) = run(a_report(found))["results"]
    assert result["level"] == "warning"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "migrations/versions/0003%20a.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 12},
    }
    assert result["locations"][0]["logicalLocations"] == [
        {"name": "0003", "kind": "revision"},
        {"name": "public.color", "kind": "type"},
    ]
    assert result["partialFingerprints"] == {"schemaproof/v2": found.fingerprint}


def test_sarif_rules_have_the_registrys_help() -> None:
    rule = run(a_report())["tool"]["driver"]["rules"][1]
    assert rule["id"] == "downgrade-restores"
    assert "If not: A rollback fails.\n\nRemedy: Drop the type.\n\nPage: " in rule["help"]["text"]


def test_sarif_of_what_is_allowed_is_suppressed_with_the_reason() -> None:
    (result,) = run(a_report(allowed=((a_finding(), "Old rows."),)))["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "Old rows."}]


def test_sarif_of_a_run_that_could_not_check_all_says_so() -> None:
    (told,) = run(a_report(obstacles=(Obstacle("impossible", "No server.", remedy="Start it."),)))["invocations"]
    assert told["executionSuccessful"] is False
    assert told["toolExecutionNotifications"][0]["message"]["text"] == "No server.\nStart it."


def test_sarif_message_has_no_link_of_the_projects() -> None:
    (result,) = run(a_report(a_finding("See [this](javascript:alert(1)), or [that] one[2].")))["results"]
    assert r"See \[this\](javascript:alert(1)), or [that] one[2]." in result["message"]["text"]


def test_sarif_of_hostile_texts_is_ascii_without_control_characters() -> None:
    text = render(a_hostile_report())
    assert text.isascii()
    for one in (r"\u001b", r"\u0000", r"\u202e", r"\ud800"):
        assert one not in text.replace(r"\\", "")
