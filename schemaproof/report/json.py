"""A report for programs: version 1 of the JSON that ``--json`` writes."""

import dataclasses
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemaproof.verify import Report

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
            }
            for result in report.checks
        ],
        "findings": [dataclasses.asdict(finding) for finding in report.findings],
        "faults": {
            "injected": report.faults.injected,
            "survived": report.faults.survived,
            "seconds": round(report.faults.seconds, 3),
            "tables_without_rows": report.faults.unfilled,
        },
        "allowed": [{**dataclasses.asdict(finding), "reason": reason} for finding, reason in report.allowed],
    }
    return json.dumps(document, indent=2, default=str) + "\n"  # str: a subject's paths
