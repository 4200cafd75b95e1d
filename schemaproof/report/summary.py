"""What comes first: the verdict, findings by check, and those to begin with."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from schemaproof.finding import Finding, Severity
from schemaproof.report.lines import one_line
from schemaproof.report.style import COLOURS, GREEN, RED, Style, counted
from schemaproof.report.urgency import to_begin_with, urgency

if TYPE_CHECKING:
    from schemaproof.report.outcome import Report

# Checks that the table has a line for.
_CHECKS = 10


def verdict_of(report: "Report", style: Style) -> str:
    """The verdict in its colour, and whether that is all."""
    verdict = style.paint(report.verdict, GREEN if report.verdict == "sound" else RED)
    if report.obstacles and report.verdict != "incomplete":
        verdict += ", and not everything was checked"
    return verdict


def counts(findings: Sequence[Finding]) -> list[str]:
    """How many of each severity: "1 error", "0 warnings", "2 notes"."""
    number = {severity: sum(one.severity is severity for one in findings) for severity in Severity}
    return [counted(number[severity], severity.value) for severity in Severity]


def table(findings: Sequence[Finding], style: Style) -> Iterator[str]:
    """A line for each check that found something: those with errors, those with warnings; the most urgent first."""
    rows: dict[tuple[int, str], dict[Severity, int]] = {}
    for one in findings:
        row = rows.setdefault((urgency(one.check, one.area), one.check), dict.fromkeys(Severity, 0))
        row[one.severity] += 1
    ranked = sorted(rows, key=lambda key: (not rows[key][Severity.ERROR], not rows[key][Severity.WARNING], key))
    shown, others = ranked[:_CHECKS], ranked[_CHECKS:]
    if len(others) == 1:  # what would replace it takes a line too
        shown, others = ranked, []
    width = max(len(check) for _, check in [*shown, (0, "check")])
    names = [counted(2, severity.value)[2:] for severity in Severity]
    yield style.bold(f"  {'check':{width}}" + "".join(f"  {name:>8}" for name in names))
    for key in shown:
        cells = (_cell(rows[key][severity], severity, style) for severity in Severity)
        yield f"  {key[1]:{width}}" + "".join(f"  {cell}" for cell in cells)
    if others:
        sums = (sum(rows[key][severity] for key in others) for severity in Severity)
        told = f"{len(others)} more checks"
        yield f"  {told:{width}}" + "".join(f"  {number or '-':>8}" for number in sums)


def _cell(number: int, severity: Severity, style: Style) -> str:
    text = f"{number or '-':>8}"
    return style.paint(text, COLOURS[severity]) if number else text


def begin_with(findings: Sequence[Finding], style: Style) -> Iterator[str]:
    """A line for each of the findings to begin with."""
    for number, one in enumerate(to_begin_with(findings), 1):
        first, *others = one_line(one, style, "     ")
        yield f"  {number}. {first.lstrip()}"
        yield from others
