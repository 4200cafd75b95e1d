"""The report for people: findings by revision, what is allowed, and the verdict in the last line."""

import itertools
import os
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self, TextIO

from schemaproof.finding import FailOn, Finding, Severity
from schemaproof.report.characters import readable, readable_finding

if TYPE_CHECKING:
    from schemaproof.report.outcome import Obstacle, Recalled, Report, Scope

# How many lines of a finding's evidence are shown: the first say what was done, the last lines of a traceback or a log
# why it failed. --json has all of them.
_EVIDENCE = (15, 25)

# From so many seconds on, a run's report says what took the longest: so many of its checks.
_LONG, _LONGEST = 60.0, 3

# Up to so many revision ids are all listed.
_SPAN = 6

# What the last line adds where not every error and every warning makes the run fail.
_FAIL_ON = {
    FailOn.ERROR: " (warnings don't count: fail-on is error)",
    FailOn.WARNING: "",
    FailOn.NEVER: " (findings don't change the exit status: fail-on is never)",
}

_BOLD, _RED, _YELLOW, _CYAN, _GREEN = "1", "1;31", "1;33", "1;36", "1;32"
_COLOURS = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.NOTE: _CYAN}
_SEVERITIES = tuple(Severity)


@dataclass(frozen=True)
class Style:
    """How lines look: with colours or without, and wrapped at ``width`` columns or (None) not at all."""

    colours: bool = False
    width: int | None = None

    @classmethod
    def of(cls, stream: TextIO, environ: Mapping[str, str] = os.environ) -> Self:
        """The style for ``stream``: a file gets plain text and unwrapped lines, which can be searched."""
        if not stream.isatty():
            return cls()
        colours = not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"  # https://no-color.org
        return cls(colours, shutil.get_terminal_size().columns)

    def paint(self, text: str, colour: str) -> str:
        """``text`` in ``colour`` (parameters of the control sequence SGR)."""
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colours else text

    def bold(self, text: str) -> str:
        """``text`` as a heading."""
        return self.paint(text, _BOLD)

    def wrap(self, text: str, indent: str, hanging: str) -> list[str]:
        """The lines of ``text``, the first behind ``indent``, the others behind ``hanging``; code stays as it is.

        A line of code begins with a space.
        """
        first, *others = text.splitlines() or [""]
        lines = self._wrapped(first, indent, hanging)
        for line in others:
            lines += self._wrapped(line, hanging, hanging)
        return lines

    def _wrapped(self, line: str, indent: str, hanging: str) -> list[str]:
        if self.width is None or self.width <= len(hanging) + 20 or line.startswith(" ") or not line:
            return [(indent + line).rstrip()]
        return textwrap.wrap(line, self.width, initial_indent=indent, subsequent_indent=hanging, break_on_hyphens=False)


def render(report: "Report", style: Style | None = None) -> str:
    """The whole ``report`` as text; ends with a newline."""
    style = style or Style()
    findings = [readable_finding(finding) for finding in report.findings]
    blocks = [
        "\n".join([style.bold("project" if revision is None else f"revision {revision}"), *lines])
        for revision, lines in _by_revision(findings, report.revisions, style)
    ]
    if report.allowed:
        blocks.append("\n".join([style.bold("allowed"), *_allowed(report.allowed, style)]))
    if regraded := list(_regraded(report, style)):
        blocks.append("\n".join([style.bold("severity changed"), *regraded]))
    if report.scope is not None:
        blocks.append("\n".join([style.bold("left out"), *_left_out(report, report.scope, style)]))
    if report.recalled is not None:
        blocks.append("\n".join([style.bold("known before"), *_recalled(report.recalled, style)]))
    if skipped := list(_skipped(report, style)):
        blocks.append("\n".join([style.bold("not run"), *skipped]))
    if obstacles := list(_obstacles(report, style)):
        blocks.append("\n".join([style.bold("problems during the run"), *obstacles]))
    if report.faults.injected:
        blocks.append(str(report.faults))
    if report.seconds >= _LONG:
        blocks.append(_longest(report))
    return "\n\n".join([*blocks, _verdict(report, style)]) + "\n"


def render_findings(findings: Iterable[Finding], style: Style | None = None) -> str:
    """The ``findings`` of one revision, worst first; a consequence and a remedy that several share are shown once."""
    return "\n".join(_lines(findings, style or Style()))


def _by_revision(
    findings: Sequence[Finding], revisions: Sequence[str], style: Style
) -> Iterator[tuple[str | None, list[str]]]:
    """The lines for the project, then for its ``revisions`` in order, then for ids that are not among them."""
    unknown = dict.fromkeys(finding.revision for finding in findings if finding.revision not in {None, *revisions})
    of_revision: dict[str | None, list[Finding]] = {revision: [] for revision in [None, *revisions, *unknown]}
    for finding in findings:
        of_revision[finding.revision].append(finding)
    for revision, found in of_revision.items():
        if found:
            yield revision, list(_lines(found, style, "  "))


def _lines(findings: Iterable[Finding], style: Style, indent: str = "") -> Iterator[str]:
    """Each finding's own line and evidence, and below those that share them consequence and remedy, said once.

    Where remedies name the object of each, the consequence that a check's findings have in common is said at the first.
    """
    above: tuple[Severity, str, str] | None = None
    for (severity, check, consequence, remedy), group in itertools.groupby(worst_first(findings), _shared):
        for (evidence, also), same in itertools.groupby(
            group, lambda finding: (finding.evidence, finding.also_found_by)
        ):
            for finding in same:
                yield from _headline(finding, style, indent)
            yield from _evidence(evidence, indent + "    ", note=severity is Severity.NOTE)
            yield from _said("also found by", ", ".join(also), style, indent)
        if severity is not Severity.NOTE and above != (severity, check, consequence):
            yield from _said("consequence", consequence, style, indent)
        above = (severity, check, consequence)
        yield from _said("remedy", remedy, style, indent)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, warnings, notes; within them, those with the same check, consequence and remedy side by side."""
    order: dict[tuple[Severity, str, str, str], int] = {}
    return sorted(
        findings,
        key=lambda finding: (_SEVERITIES.index(finding.severity), order.setdefault(_shared(finding), len(order))),
    )


def _shared(finding: Finding) -> tuple[Severity, str, str, str]:
    return finding.severity, finding.check, finding.consequence, finding.remedy


def _headline(finding: Finding, style: Style, indent: str) -> list[str]:
    """Severity, check, object and message; the colour is put on after the wrapping."""
    label = f"{finding.severity}[{finding.check}]"
    about = f"{finding.object}: " if finding.object and finding.object not in finding.message else ""
    first, *others = style.wrap(f"{label} {about}{finding.message}", indent, indent + "    ")
    return [first.replace(label, style.paint(label, _COLOURS[finding.severity]), 1), *others]


def _evidence(evidence: str, indent: str, *, note: bool) -> Iterator[str]:
    lines = evidence.rstrip().splitlines()
    head, tail = (1, 0) if note else _EVIDENCE
    if len(lines) > head + tail + 1:  # what would replace a single line may as well be that line
        left_out = f"... {len(lines) - head - tail} more lines (--json FILE has them all)"
        lines = [*lines[:head], left_out, *lines[len(lines) - tail :]]
    yield from (f"{indent}| {line}".rstrip() for line in lines)


def _said(what: str, text: str, style: Style, indent: str) -> list[str]:
    return style.wrap(f"{what}: {text}", indent + "  = ", indent + "    ") if text else []


def _allowed(allowed: Iterable[tuple[Finding, str]], style: Style) -> Iterator[str]:
    """A line for each check and reason, with all revisions and objects that are allowed."""
    places: dict[tuple[str, str], list[str]] = {}
    for raw, reason in allowed:
        finding = readable_finding(raw)
        about = f" ({finding.object})" if finding.object else ""
        places.setdefault((finding.check, readable(reason)), []).append(f"{finding.revision or 'project'}{about}")
    for (check, reason), where in places.items():
        yield from style.wrap(f"{check} at {', '.join(where)}: {reason}", "  ", "    ")


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
        yield from style.wrap(readable(remark), "  ", "    ")


def _recalled(recalled: "Recalled", style: Style) -> Iterator[str]:
    """Of which revisions the findings are from earlier runs."""
    if recalled.revisions:
        what = f"{counted(len(recalled.revisions), 'revision')} and all that they depend on are as they were"
        told = f"{what}, so the findings of earlier runs hold (--no-cache asks again): {span(recalled.revisions)}"
        yield from style.wrap(told, "  ", "    ")
    for remark in recalled.remarks:
        yield from style.wrap(readable(remark), "  ", "    ")


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
        yield from style.wrap(f"{one.grade.check}: {changed}: {readable(one.grade.reason)}", "  ", "    ")


def _skipped(report: "Report", style: Style) -> Iterator[str]:
    """A line for each reason, with the checks that did not run, or not on every revision."""
    checks: dict[tuple[str, str], list[str]] = {}
    for result in report.checks:
        if result.skipped:
            on = f" (not run on {span(result.not_asked)})" if report.obstacles and result.not_asked else ""
            checks.setdefault((readable(result.skipped), on), []).append(result.check.id)
    for (reason, on), names in checks.items():
        yield from style.wrap(f"{', '.join(names)}: {reason}{on}", "  ", "    ")


def span(revisions: Sequence[str]) -> str:
    """The ``revisions``, those in the middle left out where there are many."""
    if len(revisions) <= _SPAN:
        return ", ".join(revisions)
    return f"{revisions[0]}, {revisions[1]}, ..., {revisions[-1]} ({len(revisions):,} revisions)"


def _obstacles(report: "Report", style: Style) -> Iterator[str]:
    """What kept checks from running, each once, with where that was."""
    places: dict[Obstacle, list[str]] = {}
    for one in report.obstacles:
        where = " of ".join(filter(None, (one.check, one.revision)))
        places.setdefault(replace(one, check=None, revision=None), []).append(where)
    for one, named in places.items():
        where = ", ".join(dict.fromkeys(filter(None, named)))
        yield from style.wrap(f"{where + ': ' if where else ''}{readable(one.cause)}", "  ", "    ")
        yield from _evidence(readable(one.evidence), "    ", note=False)
        yield from _said("remedy", readable(one.remedy), style, "  ")


def _verdict(report: "Report", style: Style) -> str:
    count = {severity: sum(finding.severity is severity for finding in report.findings) for severity in Severity}
    skipped = sum(bool(result.skipped) for result in report.checks)
    counts = [
        counted(len(report.checks), "check") + (f" ({skipped} not run)" if skipped else ""),
        (f"{len(report.scope.asked):,} of " if report.scope else "") + counted(len(report.revisions), "revision"),
        *(counted(count[severity], severity.value) for severity in Severity),
        *([f"{len(report.allowed)} allowed"] if report.allowed else []),
    ]
    verdict = style.paint(report.verdict, _GREEN if report.verdict == "sound" else _RED)
    if report.obstacles and report.verdict != "incomplete":
        verdict += ", and not everything was checked"
    told = f"{verdict}: {', '.join(counts)}, in {report.seconds:.1f} s on PostgreSQL {report.postgres}"
    told += f" (the sum of {report.subject['parts']} parts)" if "parts" in report.subject else ""
    told += _FAIL_ON[report.fail_on]
    why = report.subject.get("driver_from")
    return f"{told}, driver {report.subject['driver']}, {why}" if why else told


def counted(number: int, noun: str, several: str = "") -> str:
    """The ``number`` with its ``noun``: "1 check", "2,560 faults"; ``several`` is a plural that is not made by an s."""
    return f"{number:,} {noun if number == 1 else several or noun + 's'}"
