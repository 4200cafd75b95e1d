"""What follows the findings: what is allowed, left out, known before, what did not run and why; all readable before."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from schemaproof.finding import Finding
from schemaproof.report import known
from schemaproof.report.lines import EVIDENCE, MORE, quoted, said
from schemaproof.report.style import Style, counted, span

if TYPE_CHECKING:
    from schemaproof.report.outcome import Obstacle, Recalled, Report, Scope

# From so many seconds on, a run's report says what took the longest: so many of its checks.
_LONG, _LONGEST = 60.0, 3

# Lines that a list takes, and places that one of them names, where not all is asked for.
_LINES, _PLACES = 8, 6


def blocks(report: "Report", style: Style, *, everything: bool) -> Iterator[str]:
    """What there is to say beside the findings, a block for each matter.

    ``everything``: whether long lists are told to their end.
    """
    yield from matters(report, style, everything=everything)
    yield from problems(report, style, everything=everything)
    if report.faults.injected:
        yield str(report.faults)
    if report.seconds >= _LONG:
        yield _longest(report)


def matters(report: "Report", style: Style, *, everything: bool) -> Iterator[str]:
    """What is allowed, changed, left out, known, and not run."""
    limit = None if everything else _LINES
    if report.allowed:
        yield _block("allowed", _allowed(report.allowed, style, everything=everything), limit, style)
    if report.known is not None:
        told = (line for one in known.lines(report) for line in style.wrap(one, "  ", "    "))
        yield _block("baseline", told, None, style)
    if report.regraded:
        yield _block("severity changed", _regraded(report, style), limit, style)
    if report.scope is not None:
        yield _block("left out", _left_out(report, report.scope, style), None, style)
    if report.recalled is not None:
        yield _block("known before", _recalled(report.recalled, style), None, style)
    if skipped := list(_skipped(report, style)):
        yield _block("not run", skipped, limit, style)


def problems(report: "Report", style: Style, *, everything: bool) -> Iterator[str]:
    """What kept checks from running, if anything did."""
    evidence = None if everything else EVIDENCE
    if obstacles := list(_obstacles(report, style, evidence)):
        yield _block("problems during the run", obstacles, None, style)


def _block(title: str, lines: Iterable[str], limit: int | None, style: Style) -> str:
    every = list(lines)
    kept = every if limit is None or len(every) <= limit + 1 else every[:limit]
    more = [f"  ... {len(every) - len(kept)} more lines: {MORE}"] if len(kept) < len(every) else []
    return "\n".join([style.bold(title), *kept, *more])


def _allowed(allowed: Iterable[tuple[Finding, str]], style: Style, *, everything: bool) -> Iterator[str]:
    """A line for each check and reason, with the revisions and objects that are allowed."""
    places: dict[tuple[str, str], list[str]] = {}
    for finding, reason in allowed:
        about = f" ({finding.object})" if finding.object else ""
        places.setdefault((finding.check, reason), []).append(f"{finding.revision or 'project'}{about}")
    for (check, reason), where in places.items():
        some = where if everything or len(where) <= _PLACES + 1 else where[:_PLACES]
        more = f" and {len(where) - len(some)} more" if len(some) < len(where) else ""
        yield from style.wrap(f"{check} at {', '.join(some)}{more}: {reason}", "  ", "    ")


def _left_out(report: "Report", scope: "Scope", style: Style) -> Iterator[str]:
    """Which revisions were not asked about, and why."""
    asked = f"{span(scope.asked)}: {scope.why}" if scope.asked else f"none is {scope.why}"
    yield from style.wrap(f"revisions asked one by one: {asked}", "  ", "    ")
    if report.left_out:
        yield from style.wrap(f"not asked: {span(report.left_out)}", "  ", "    ")
    mine = {result.check.id for result in report.checks}
    if scope.part is not None and (others := [check for check in scope.part.selected if check not in mine]):
        yield from style.wrap(f"asked by other parts: {', '.join(others)}", "  ", "    ")
    for remark in scope.remarks:
        yield from style.wrap(remark, "  ", "    ")


def _recalled(recalled: "Recalled", style: Style) -> Iterator[str]:
    """Of which revisions and checks the findings are from earlier runs."""
    if recalled.revisions:
        what = f"{counted(len(recalled.revisions), 'revision')} and all that they depend on are as they were"
        told = f"{what}, so the findings of earlier runs hold (--no-cache asks again): {span(recalled.revisions)}"
        yield from style.wrap(told, "  ", "    ")
    if recalled.checks:
        told = "nothing has changed, so the answers of these checks hold too"
        yield from style.wrap(f"{told}: {', '.join(recalled.checks)}", "  ", "    ")
    for remark in recalled.remarks:
        yield from style.wrap(remark, "  ", "    ")


def _longest(report: "Report") -> str:
    """What took the most of the run's time; databases and stairways are no check's alone."""
    taken = [(result.seconds, result.check.id) for result in report.checks]
    taken.append((report.walk_seconds, "what checks share (databases, stairways)"))
    told = [f"{what} {seconds:.0f} s" for seconds, what in sorted(taken, reverse=True)[:_LONGEST]]
    return f"took the longest: {', '.join(told)}"


def _regraded(report: "Report", style: Style) -> Iterator[str]:
    """A line for each severity that the team gives: what it changed, and why."""
    for one in report.regraded:
        counts = [counted(number, severity.value) for severity, number in one.counts.items()]
        changed = (
            f"{' and '.join(counts)} made {one.grade.severity}" if counts else f"nothing made {one.grade.severity}"
        )
        yield from style.wrap(f"{one.grade.check}: {changed}: {one.grade.reason}", "  ", "    ")


def _skipped(report: "Report", style: Style) -> Iterator[str]:
    """A line for each reason, with the checks that did not run, or not on every revision."""
    checks: dict[tuple[str, str], list[str]] = {}
    for result in report.checks:
        if result.skipped:
            on = f" (not run on {span(result.not_asked)})" if report.obstacles and result.not_asked else ""
            checks.setdefault((result.skipped, on), []).append(result.check.id)
    for (reason, on), names in checks.items():
        yield from style.wrap(f"{', '.join(names)}: {reason}{on}", "  ", "    ")


def _obstacles(report: "Report", style: Style, evidence: int | None) -> Iterator[str]:
    """What kept checks from running, each once, with where that was."""
    places: dict[Obstacle, list[str]] = {}
    for one in report.obstacles:
        where = " of ".join(filter(None, (one.check, one.revision)))
        places.setdefault(replace(one, check=None, revision=None), []).append(where)
    for one, named in places.items():
        where = ", ".join(dict.fromkeys(filter(None, named)))
        yield from style.wrap(f"{where + ': ' if where else ''}{one.cause}", "  ", "    ")
        yield from quoted(one.evidence, style, "    ", evidence)
        yield from said("remedy", one.remedy, style, "  ")
