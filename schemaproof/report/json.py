"""The report for programs: version 1 of the JSON that ``--json`` writes.

``verdict``: "sound" if everything was checked and there is no error and no warning; "faulty" if there is one, whether
or not everything was checked; "incomplete" if there is none, but not everything was checked.

``seconds``: of the run. Those of the checks, and ``walk_seconds`` of what they share (databases that are built, the
stairway of each revision), are parts of it: of a moment in which several are at work, each has a part.

``obstacles``: what kept checks from running; empty if all ran. Each has a ``kind`` ("interrupted" by a signal,
"impossible" for a reason outside schemaproof, "defect" for a bug in schemaproof), ``cause``, ``evidence``, ``remedy``,
and the ``check`` and ``revision`` that it is about; null for all that were to follow.

``scope``: null if every revision was asked about; else the revisions that were (``asked``), ``why`` those, the others
(``left_out``), and ``remarks`` on the choice.

``part``: null but for a run with ``--shard``; what `schemaproof merge` needs, not meant for others.

``fail_on``: "error", "warning" or "never": what makes the run fail; with "error", a warning does not make the verdict
"faulty". ``severities``: those that the team gives, with ``check``, ``severity``, ``reason``, and in ``changed`` the
number of findings by the severity that the check had given.

``file`` and ``line`` of a finding: the revision's statement, or the model's declaration; null where that is not known.
``grids`` of a finding: tables: those in the evidence, and for faults one of statements by faults. ``links``: the
foreign keys that a delete follows, from the table that it is about.
``kind``: what tells it from others of its check on its object, in words that stay; "" where there is but one.
``fingerprint``: the same in every run until another thing is found, whatever is edited elsewhere and however a later
release words the message.

``page``: that of the check in the documentation, a URL or (see ``schemaproof.manual``) a path in its repository.

``baseline`` of a finding: whether it is in schemaproof-baseline.toml, so that the verdict does not count it; its
``reason`` is there then. ``baseline``: null where there is no such file; else how many findings are ``known``, and what
was ``fixed``, since it is in the file and was not found.

``recalled``: null if nothing was looked up in the cache or it knew nothing; else the ``revisions`` whose findings are
from earlier runs, the ``checks`` of the whole history whose findings are, and ``remarks``.
``skipped`` of a check: why it did not run, or not on every revision; ``not_asked``: the revisions that it did not run
on, if it runs on each.
"""

import dataclasses
import json
from importlib.metadata import version
from typing import TYPE_CHECKING

from schemaproof.finding import Finding

if TYPE_CHECKING:
    from schemaproof.report.outcome import Report

VERSION = 1

_NOT_TOLD = frozenset({"causes", "where", "ordinal"})  # of a finding: the last two are told as others need them


def render(report: "Report") -> str:
    """The ``report`` as one JSON object, ASCII alone; ends with a newline."""
    document = {
        "version": VERSION,
        "tool": {"name": "schemaproof", "version": version("schemaproof")},
        "subject": dict(report.subject),
        "postgres": report.postgres,
        "server": report.server,
        "verdict": report.verdict,
        "seconds": round(report.seconds, 3),
        "walk_seconds": round(report.walk_seconds, 3),
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
        "findings": [
            *({**_object(finding), "baseline": False} for finding in report.findings),
            *({**_object(finding), "baseline": True, "reason": reason} for finding, reason in _known(report)),
        ],
        "faults": {
            "injected": report.faults.injected,
            "survived": report.faults.survived,
            "seconds": round(report.faults.seconds, 3),
            "tables_without_rows": report.faults.unfilled,
        },
        "obstacles": [dataclasses.asdict(obstacle) for obstacle in report.obstacles],
        "scope": None
        if report.scope is None
        else {
            "asked": list(report.scope.asked),
            "why": report.scope.why,
            "left_out": list(report.left_out),
            "remarks": list(report.scope.remarks),
        },
        "baseline": None
        if report.known is None
        else {
            "known": len(report.known.findings),
            "fixed": [dataclasses.asdict(entry) for entry in report.known.fixed],
        },
        "recalled": None if report.recalled is None else dataclasses.asdict(report.recalled),
        "fail_on": report.fail_on.value,
        "severities": [
            {
                "check": one.grade.check,
                "severity": one.grade.severity.value,
                "reason": one.grade.reason,
                "changed": {severity.value: number for severity, number in one.counts.items()},
            }
            for one in report.regraded
        ],
        "allowed": [{**_object(finding), "reason": reason} for finding, reason in report.allowed],
        "part": _part(report),
    }
    return json.dumps(document, indent=2, default=str) + "\n"  # str: a subject's paths


def _part(report: "Report") -> dict[str, object] | None:
    """What `schemaproof merge` needs to know of a part; None for a whole."""
    if report.scope is None or report.scope.part is None:
        return None
    return {
        **dataclasses.asdict(report.scope.part),
        "revisions": list(report.revisions),
        "causes": [finding.causes for finding in (*report.findings, *(one for one, _ in _known(report)))],
        "allowed_causes": [finding.causes for finding, _ in report.allowed],
        "unmatched": [dataclasses.asdict(allowance) for allowance in report.unmatched],
        "expired": [dataclasses.asdict(allowance) for allowance in report.expired],
        "unmatched_baseline": [dataclasses.asdict(entry) for entry in report.known.unmatched] if report.known else None,
    }


def _known(report: "Report") -> tuple[tuple[Finding, str], ...]:
    return report.known.findings if report.known else ()


def _object(finding: Finding) -> dict[str, object]:
    """The ``finding`` without its causes: those that are in the report say what else was found because of them."""
    told = {name: value for name, value in dataclasses.asdict(finding).items() if name not in _NOT_TOLD}
    file, line = finding.where or (None, None)
    return {**told, "file": file, "line": line, "fingerprint": finding.fingerprint, "page": finding.page}
