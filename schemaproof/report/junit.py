"""A report for CI: JUnit XML, as Jenkins, GitLab and their like read it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from schemaproof.finding import FailOn, Finding
from schemaproof.report.characters import readable, readable_finding
from schemaproof.report.lines import worst_first
from schemaproof.report.text import render_findings

if TYPE_CHECKING:
    from schemaproof.report.outcome import CheckResult, Obstacle, Report

_NAME = "schemaproof"


@dataclass
class _Case:
    """What one check found in one revision (None: in the project as a whole)."""

    revision: str | None = None
    fail_on: FailOn = FailOn.WARNING
    findings: list[Finding] = field(default_factory=list)
    allowed: list[tuple[Finding, str]] = field(default_factory=list)
    not_run: str = ""

    @property
    def faults(self) -> list[Finding]:
        """The errors, then the warnings, as far as they count."""
        return worst_first(finding for finding in self.findings if self.fail_on.counts(finding.severity))

    @property
    def skipped(self) -> str:
        """Why it has neither passed nor failed; "" if it has."""
        if self.faults:
            return ""
        return self.not_run or "; ".join(dict.fromkeys(reason for _, reason in self.allowed))


def render(report: "Report") -> str:
    """The ``report`` as JUnit XML: a test case for each check and revision with findings, and for each silent check;
    one more takes the time of what they share.

    Errors and warnings are failures as far as they count (``Report.fail_on``), the rest goes to system-out. A case is
    skipped if everything wrong with it is allowed, or if the check did not run. What kept it from
    running is an error, in a case of its own.
    """
    cases = [(result, case) for result in report.checks for case in _cases(result, report)]
    obstacles = [_obstacle(one) for one in report.obstacles]
    shared = [_shared(report.walk_seconds)] if report.walk_seconds else []
    counts = {
        "name": _NAME,
        "tests": str(len(cases) + len(shared) + len(obstacles)),
        "failures": str(sum(bool(case.faults) for _, case in cases)),
        "errors": str(len(obstacles)),
        "skipped": str(sum(bool(case.skipped) for _, case in cases)),
        "time": f"{report.seconds:.3f}",
    }
    root = ET.Element("testsuites", counts)
    suite = ET.SubElement(root, "testsuite", counts)
    properties = ET.SubElement(suite, "properties")
    told = {"postgres": report.postgres, "verdict": report.verdict}
    if report.scope is not None:
        told |= {"asked": ", ".join(report.scope.asked), "asked-why": report.scope.why}
        told |= {"left-out": ", ".join(report.left_out), "asked-remarks": "; ".join(report.scope.remarks)}
    for name, value in told.items():
        ET.SubElement(properties, "property", name=name, value=readable(value))
    for result, case in cases:
        suite.append(_element(result, case, result.seconds / sum(other is result for other, _ in cases)))
    suite.extend([*shared, *obstacles])
    ET.indent(root)
    # Not "unicode", which would declare the locale's encoding.
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document.decode() + "\n"


def _cases(result: "CheckResult", report: "Report") -> Iterator[_Case]:
    cases: dict[str | None, _Case] = {}
    for raw in result.findings:
        finding = readable_finding(raw)
        cases.setdefault(finding.revision, _Case(finding.revision, report.fail_on)).findings.append(finding)
    for raw, reason in report.accepted:
        if raw.check == result.check.id:
            finding = readable_finding(raw)
            cases.setdefault(finding.revision, _Case(finding.revision)).allowed.append((finding, readable(reason)))
    if not cases or result.skipped:
        on = f" on {', '.join(result.not_asked)}" if result.not_asked else ""
        reason = f": {result.skipped}" if result.skipped else ""
        cases.setdefault(None, _Case()).not_run = readable(f"not run{on}{reason}" if on or reason else "")
    yield from cases.values()


def _element(result: "CheckResult", case: _Case, seconds: float) -> ET.Element:
    name = result.check.id if case.revision is None else f"{result.check.id}[{case.revision}]"
    element = ET.Element("testcase", classname=f"{_NAME}.{result.check.area}", name=name, time=f"{seconds:.3f}")
    if case.faults:
        worst, *others = case.faults
        more = f" (and {len(others)} more)" if others else ""
        about = f"{worst.object}: " if worst.object else ""
        failure = ET.SubElement(element, "failure", message=f"{about}{worst.message}{more}", type=worst.severity.value)
        failure.text = render_findings(case.faults)
    elif case.skipped:
        ET.SubElement(element, "skipped", message=case.skipped)
    if output := "\n".join(_output(case)):
        ET.SubElement(element, "system-out").text = output
    return element


def _shared(seconds: float) -> ET.Element:
    """A case that takes the time of what checks share, so that it is booked on none of them."""
    return ET.Element("testcase", classname=f"{_NAME}.run", name="walk", time=f"{seconds:.3f}")


def _obstacle(obstacle: "Obstacle") -> ET.Element:
    """A case that is an error: nothing was found, but something could not run."""
    about = " of ".join(filter(None, (obstacle.check, obstacle.revision)))
    element = ET.Element("testcase", classname=f"{_NAME}.run", name=about or "verification", time="0.000")
    error = ET.SubElement(element, "error", message=readable(obstacle.cause), type=obstacle.kind)
    remedy = f"Remedy: {obstacle.remedy}" if obstacle.remedy else ""
    error.text = readable("\n".join(filter(None, (obstacle.evidence, remedy))))
    return element


def _output(case: _Case) -> Iterator[str]:
    """What does not count, and what is allowed."""
    others = [finding for finding in case.findings if not case.fail_on.counts(finding.severity)]
    if others:
        yield render_findings(others)
    for finding, reason in case.allowed:
        about = f"{finding.object}: " if finding.object else ""
        yield f"allowed ({reason}): {about}{finding.message}"
