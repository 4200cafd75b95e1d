"""A report for code scanning: SARIF 2.1.0 (OASIS), as GitHub and others show it beside the code."""

import json
import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.manual import is_link, reference
from schemaproof.report.characters import readable, readable_finding
from schemaproof.report.early import SARIF
from schemaproof.report.lines import what
from schemaproof.report.location import Locations

if TYPE_CHECKING:
    from schemaproof.report.outcome import Obstacle, Report

# Counted up where fingerprints are made in another way: programs take them for others then.
_FINGERPRINT = "schemaproof/v2"

# In a message, text in brackets before an address is a link (3.11.6).
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()|(?<=\w)\](?=\()")


def render(report: "Report") -> str:
    """The ``report`` as SARIF, ASCII alone; ends with a newline.

    Each check is a rule. What is allowed or known is a result that is suppressed, with the reason. What kept checks
    from running is a notification.
    """
    rules = [_rule(result.check) for result in report.checks]
    known = {rule["id"] for rule in rules}
    named = {one.check for one in [*report.findings, *(finding for finding, _ in report.accepted)]}
    rules += [{"id": check} for check in sorted(named - known)]
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    locations = Locations.of(report)
    results = [_result(one, places, locations) for one in report.findings]
    results += [
        {**_result(one, places, locations), "suppressions": [{"kind": "external", "justification": readable(reason)}]}
        for one, reason in report.accepted
    ]
    run = {
        "tool": {"driver": {"name": "schemaproof", "version": version("schemaproof"), "rules": rules}},
        "invocations": [
            {
                "executionSuccessful": not report.obstacles,
                "toolExecutionNotifications": [_notification(one) for one in report.obstacles],
            }
        ],
        "results": results,
        "columnKind": "unicodeCodePoints",
    }
    return json.dumps({"$schema": SARIF, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(check: Check) -> dict[str, Any]:
    # An absolute URI or none (3.49.12).
    address = {"helpUri": check.page} if is_link(check.page) else {}
    told = [("If not", check.reason), ("Remedy", check.remedy), ("Page", reference(check.id))]
    return {
        "id": check.id,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.reason},
        "help": {
            "text": "\n\n".join([check.title, *(f"{name}: {text}" for name, text in told)]),
            "markdown": "\n\n".join([check.title, *(f"**{name}:** {text}" for name, text in told)]),
        },
        **address,
        "properties": {"tags": [check.area]},
    }


def _result(raw: Finding, rules: dict[str, int], locations: Locations) -> dict[str, Any]:
    finding = readable_finding(raw)
    told = [what(finding), finding.consequence, finding.remedy and f"Remedy: {finding.remedy}"]
    place = locations.of_finding(finding)
    region = {} if place.line is None else {"region": {"startLine": place.line}}
    physical = {"artifactLocation": {"uri": quote(place.file), "uriBaseId": "%SRCROOT%"}, **region}
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.object or finding.revision:
        named = [{"name": one, "kind": kind} for one, kind in _logical(finding)]
        location["logicalLocations"] = named
    return {
        "ruleId": finding.check,
        "ruleIndex": rules[finding.check],
        "level": finding.severity.value,  # SARIF has the same three
        "message": {"text": _LINK.sub(r"\\\g<0>", "\n\n".join(filter(None, told)))},
        "locations": [location],
        "partialFingerprints": {_FINGERPRINT: raw.fingerprint},
        "properties": {"evidence": finding.evidence, "alsoFoundBy": list(finding.also_found_by)},
    }


def _logical(finding: Finding) -> list[tuple[str, str]]:
    found = [(finding.revision, "revision")] if finding.revision else []
    kind, _, name = (finding.object or "").partition(" ")
    return [*found, (name or kind, kind)] if finding.object else found


def _notification(obstacle: "Obstacle") -> dict[str, Any]:
    about = " of ".join(filter(None, (obstacle.check, obstacle.revision)))
    told = "\n".join(filter(None, (f"{about}: {obstacle.cause}" if about else obstacle.cause, obstacle.remedy)))
    return {"level": Severity.ERROR.value, "message": {"text": _LINK.sub(r"\\\g<0>", readable(told))}}
