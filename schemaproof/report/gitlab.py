"""A report for GitLab's merge requests: a Code Quality artifact."""

import json
from typing import TYPE_CHECKING

from schemaproof.finding import Severity
from schemaproof.report.characters import readable_finding
from schemaproof.report.lines import what
from schemaproof.report.location import Locations

if TYPE_CHECKING:
    from schemaproof.report.outcome import Report

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(report: "Report") -> str:
    """The findings of ``report`` as a JSON array, ASCII alone; ends with a newline.

    GitLab takes only those with a path and a line: what stands nowhere is at the head of alembic.ini.
    """
    locations = Locations.of(report)
    told = []
    for raw in report.findings:
        finding = readable_finding(raw)
        place = locations.of_finding(finding)
        told.append(
            {
                "description": what(finding),
                "check_name": finding.check,
                "fingerprint": raw.fingerprint,
                "severity": _SEVERITIES[finding.severity],
                "location": {"path": place.file, "lines": {"begin": place.line or 1}},
            }
        )
    return json.dumps(told, indent=2) + "\n"
