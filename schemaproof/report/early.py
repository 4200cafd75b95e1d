"""The reports of a run that was interrupted before its first check, written without slow imports."""

import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from schemaproof.report.files import ReportFile

SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def write(files: Mapping[str, "ReportFile"], project: str, cause: str) -> None:
    """Write ``files`` as ``schemaproof.report.json`` and the others would.

    Raises:
        ProofError: when one can't be written.
    """
    for form, file in files.items():
        file.write(as_json(project, cause) if form == "json" else _WITHOUT_PROJECT[form](cause))


def as_json(project: str, cause: str) -> str:
    """The JSON, in which ``cause`` is the one obstacle."""
    obstacle = {"kind": "interrupted", "cause": cause, "evidence": "", "remedy": "", "check": None, "revision": None}
    document = {
        "version": 1,
        "tool": {"name": "schemaproof", "version": version("schemaproof")},
        "subject": {"project": project, "alembic_ini": None},
        "postgres": "",
        "server": "",
        "verdict": "incomplete",
        "seconds": 0.0,
        "walk_seconds": 0.0,
        "checks": [],
        "findings": [],
        "faults": {"injected": 0, "survived": 0, "seconds": 0.0, "tables_without_rows": {}},
        "obstacles": [obstacle],
        "scope": None,
        "baseline": None,
        "recalled": None,
        "fail_on": "warning",
        "severities": [],
        "allowed": [],
        "part": None,
    }
    return json.dumps(document, indent=2) + "\n"


def as_junit(cause: str) -> str:
    """The JUnit XML, in which ``cause`` is the one error."""
    counts = 'name="schemaproof" tests="1" failures="0" errors="1" skipped="0" time="0.000"'
    return (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        f"<testsuites {counts}>\n  <testsuite {counts}>\n"
        '    <testcase classname="schemaproof.run" name="verification" time="0.000">\n'
        f'      <error message={quoteattr(cause)} type="interrupted" />\n'
        "    </testcase>\n  </testsuite>\n</testsuites>\n"
    )


def as_sarif(cause: str) -> str:
    """The SARIF, in which ``cause`` is the one notification."""
    notification = {"level": "error", "message": {"text": cause}}
    run = {
        "tool": {"driver": {"name": "schemaproof", "version": version("schemaproof"), "rules": []}},
        "invocations": [{"executionSuccessful": False, "toolExecutionNotifications": [notification]}],
        "results": [],
        "columnKind": "unicodeCodePoints",
    }
    return json.dumps({"$schema": SARIF, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def as_gitlab(_cause: str) -> str:
    """No finding: GitLab has no words for what did not run."""
    return "[]\n"


def as_html(cause: str) -> str:
    """A page that says so."""
    return f"<!doctype html>\n<title>schemaproof</title>\n<p>{escape(cause)}</p>\n"


_WITHOUT_PROJECT: Mapping[str, Callable[[str], str]] = {
    "junit": as_junit,
    "sarif": as_sarif,
    "gitlab": as_gitlab,
    "html": as_html,
}
