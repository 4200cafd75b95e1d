"""A report for programs: version 1 of the JSON that ``--json`` writes.

``verdict``: "sound" where everything was asked and there is no error and no warning; "faulty" where there is one, be it
that not everything was asked; "incomplete" where there is none, but not everything was asked.

``obstacles``: what kept checks from being asked; empty where everything was. Each has a ``kind`` ("interrupted" by a
signal, "impossible" for a reason outside of schemaproof, "defect" of schemaproof), ``cause``, ``evidence``, ``remedy``,
and the ``check`` and ``revision`` that it is about; null for all that come after.

``skipped`` of a check: why it was not asked, or not of every revision; ``not_asked``: of which revisions not, where it
is one that is asked of each.
"""

import dataclasses
import json
from typing import TYPE_CHECKING

from schemaproof.finding import Finding

if TYPE_CHECKING:
    from schemaproof.report.outcome import Report

VERSION = 1


def render(report: "Report") -> str:
    """The ``report`` as one JSON object, ASCII alone; ends with a newline."""
    document = {
        "version": VERSION,
        "subject": dict(report.subject),
        "postgres": report.postgres,
        "verdict": report.verdict,
        "checks": [
            {
                "id": result.check.id,
                "area": result.check.area,
                "seconds": round(result.seconds, 3),
                "findings": len(result.findings),
                "skipped": result.skipped,
                "not_asked": list(result.not_asked),
            }
            for result in report.checks
        ],
        "findings": [_object(finding) for finding in report.findings],
        "faults": {
            "injected": report.faults.injected,
            "survived": report.faults.survived,
            "seconds": round(report.faults.seconds, 3),
            "tables_without_rows": report.faults.unfilled,
        },
        "obstacles": [dataclasses.asdict(obstacle) for obstacle in report.obstacles],
        "allowed": [{**_object(finding), "reason": reason} for finding, reason in report.allowed],
    }
    return json.dumps(document, indent=2, default=str) + "\n"  # str: a subject's paths


def _object(finding: Finding) -> dict[str, object]:
    """The ``finding`` without its causes: those that are in the report say what else was found because of them."""
    return {name: value for name, value in dataclasses.asdict(finding).items() if name != "causes"}
