"""The report for people: first what to begin with, then findings by revision, notes, and the verdict in the last line.

A handful of findings is told in full. Of many, a screen or two hold the summary, those to begin with, and a line for
each of the others; ``Loudness.ALL`` tells everything.
"""

import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from schemaproof.finding import FailOn, Finding, Severity
from schemaproof.report import closing, groups, lines, summary
from schemaproof.report.characters import flat, readable_report
from schemaproof.report.lines import Detail
from schemaproof.report.style import Style, counted
from schemaproof.report.urgency import to_begin_with, worst

if TYPE_CHECKING:
    from schemaproof.report.outcome import Report

# Up to so many findings need no summary.
_HANDFUL = 5

# Lines of a report that can still be read: two screens, and for a long history some more.
_LEAST, _MOST = 80, 200
_REVISIONS_A_LINE = 3

# Lines of evidence of a finding that is told by itself, as in a report of pytest.
_EVIDENCE_ALONE = 40

# Lines of evidence of each of the findings to begin with, where the report would be too long otherwise.
_SHORT = 3

_SHORTEST = Detail(1, consequences=False)

# What the last line adds where not every error and every warning makes the run fail.
_FAIL_ON = {
    FailOn.ERROR: " (warnings don't count: fail-on is error)",
    FailOn.WARNING: "",
    FailOn.NEVER: " (findings don't change the exit status: fail-on is never)",
}


class Loudness(Enum):
    """How much of a report is printed."""

    ERRORS = "the summary and the errors"
    USUAL = "as much as can be read"
    ALL = "everything"


def render(report: "Report", style: Style | None = None, loudness: Loudness = Loudness.USUAL) -> str:
    """The ``report`` as text; ends with a newline."""
    page = _Page(readable_report(report), style or Style(), loudness)
    found = next((text for text in page.drafts() if loudness is Loudness.ALL or page.fits(text)), None)
    return found or page.cut()


def render_findings(findings: Iterable[Finding], style: Style | None = None) -> str:
    """The ``findings`` of one revision, worst first; a consequence and a remedy that several share are shown once."""
    return "\n".join(lines.lines(findings, style or Style(), Detail(_EVIDENCE_ALONE, more="--json FILE")))


@dataclass(frozen=True)
class _Page:
    """A report to be composed.

    Attributes:
        report: what is told.
        style: how.
        loudness: how much of it.
    """

    report: "Report"
    style: Style
    loudness: Loudness

    @cached_property
    def findings(self) -> list[Finding]:
        """Those that are told, the worst of each revision first, in the order of the revisions; then the project's."""
        errors = self.loudness is Loudness.ERRORS
        told = [one for one in self._every if not errors or one.severity is Severity.ERROR]
        return [one for _, group in self._by_revision(told) for one in lines.worst_first(group)]

    @cached_property
    def _every(self) -> list[Finding]:
        return list(self.report.findings)

    @cached_property
    def faults(self) -> list[Finding]:
        """The errors and warnings."""
        return [one for one in self.findings if one.faulty]

    def drafts(self) -> Iterator[str]:
        """The report as whole as it can be, and then with less and less of each finding."""
        if self.loudness is Loudness.ALL:
            detail = [self._in_full(self.findings, Detail(evidence=None, notes=True, pages=True), apart=True)]
            yield self._composed(self._summary(begin=True), *detail)
            return
        if len(self.report.findings) <= _HANDFUL:
            yield self._composed([], self._in_full(self.findings, Detail()))
        yield self._composed(self._summary(begin=True), self._in_full(self.faults, Detail()), self._notes())
        each = [[one] for one in self._others]
        together = groups.groups(worst(self._others))
        for others in (each, together):
            yield self._brief(Detail(), others)
            yield self._brief(Detail(_SHORT), others)
        yield self._brief(Detail(_SHORT, consequences=False), together)
        yield self._brief(_SHORTEST, together)

    def cut(self) -> str:
        """As many of the findings that are not to begin with as there is room for, the worst ones; then notes."""
        others, notes = groups.groups(worst(self._others)), groups.groups(self._noted)
        others = others[: self._most(len(others), lambda count: self._brief(_SHORTEST, others[:count], []))]
        return self._brief(
            _SHORTEST,
            others,
            notes[: self._most(len(notes), lambda count: self._brief(_SHORTEST, others, notes[:count]))],
        )

    def _most(self, count: int, told: Callable[[int], str]) -> int:
        """With how many of ``count`` groups what is ``told`` fits."""
        return bisect.bisect_left(range(count), True, key=lambda fewer: not self.fits(told(fewer + 1)))

    def fits(self, text: str) -> bool:
        """Whether somebody reads so many lines."""
        return text.count("\n") <= min(
            _MOST, max(_LEAST, _LEAST - 20 + len(self.report.revisions) // _REVISIONS_A_LINE)
        )

    @cached_property
    def _others(self) -> list[Finding]:
        """The errors and warnings that are not among those to begin with."""
        begun = {id(one) for one in to_begin_with(self.faults)}
        return [one for one in self.faults if id(one) not in begun]

    def _brief(
        self, wanted: Detail, others: Sequence[Sequence[Finding]], notes: Sequence[Sequence[Finding]] | None = None
    ) -> str:
        """Those to begin with, as much as is ``wanted`` of each, and a line for each group of ``others``.

        And for each of ``notes``; None for all of them.
        """
        detail = replace(wanted, said=set())
        begin = [line for one in to_begin_with(self.faults) for line in lines.lines([one], self.style, detail, "  ")]
        rest = list(groups.lines(others, self.style, "  "))
        told = {id(one) for group in others for one in group}
        if left := [one for one in self._others if id(one) not in told]:
            number = " and ".join(word for word in summary.counts(left)[:2] if not word.startswith("0"))
            rest.append(f"  ... {number} more: {lines.MORE}")
        elif any(len(group) > 1 for group in others):
            rest.append("  -v lists each of them, with what was seen and what to do")
        return self._composed(
            self._summary(begin=False),
            [self._block("begin with", begin)] if begin else [],
            [self._block("others", rest)] if rest else [],
            self._notes(notes),
        )

    def _composed(self, *parts: Iterable[str]) -> str:
        report, everything = self.report, self.loudness is Loudness.ALL
        quiet = self.loudness is Loudness.ERRORS
        end = closing.problems if quiet else closing.blocks
        blocks = [
            *([f"postgres: {flat(report.server)}"] if report.server else []),
            *(block for part in parts for block in part),
            *end(report, self.style, everything=everything),
            self._verdict(),
        ]
        return "\n\n".join(blocks) + "\n"

    def _summary(self, *, begin: bool) -> Iterator[str]:
        every = self._every
        if len(every) > _HANDFUL:
            yield f"{summary.verdict_of(self.report, self.style)}: {', '.join(summary.counts(every))}"
            yield "\n".join(summary.table(every, self.style))
            if begin and self.faults:
                yield self._block("begin with", summary.begin_with(self.faults, self.style))

    def _in_full(self, findings: Sequence[Finding], detail: Detail, *, apart: bool = False) -> Iterator[str]:
        """A block for each revision, and then for the project; ``apart``: each says all again."""
        for revision, group in self._by_revision(findings):
            own = replace(detail, said=set()) if apart else detail
            title = "project" if revision is None else f"revision {revision}"
            yield self._block(title, lines.lines(group, self.style, own, "  "))

    @cached_property
    def _noted(self) -> list[Finding]:
        return [one for one in self.findings if not one.faulty]

    def _notes(self, some: Sequence[Sequence[Finding]] | None = None) -> Iterator[str]:
        """A line for each group of notes, or for ``some`` of them and how many there are besides."""
        found = groups.groups(self._noted) if some is None else some
        told = list(groups.lines(found, self.style, "  ", "; -v lists them"))
        if left := len(self._noted) - sum(map(len, found)):
            told.append(f"  ... {counted(left, 'note')}{' more' if found else ''}: {lines.MORE}")
        if told:
            yield self._block("notes", told)

    def _block(self, title: str, told: Iterable[str]) -> str:
        return "\n".join([self.style.bold(flat(title)), *told])

    def _by_revision(self, findings: Sequence[Finding]) -> Iterator[tuple[str | None, list[Finding]]]:
        """Those of the revisions in their order, of ids that are not among them, and of the project."""
        known = self.report.revisions
        unknown = dict.fromkeys(
            one.revision for one in findings if one.revision is not None and one.revision not in known
        )
        groups: dict[str | None, list[Finding]] = {revision: [] for revision in [*known, *unknown, None]}
        for one in findings:
            groups[one.revision].append(one)
        return ((revision, group) for revision, group in groups.items() if group)

    def _verdict(self) -> str:
        report = self.report
        skipped = sum(bool(result.skipped) for result in report.checks)
        counts = [
            counted(len(report.checks), "check") + (f" ({skipped} not run)" if skipped else ""),
            (f"{len(report.scope.asked):,} of " if report.scope else "") + counted(len(report.revisions), "revision"),
            *summary.counts(report.findings),
            *([f"{len(report.allowed)} allowed"] if report.allowed else []),
        ]
        told = f"{summary.verdict_of(report, self.style)}: {', '.join(counts)}, in {report.seconds:.1f} s"
        told += f" on PostgreSQL {flat(report.postgres)}" if report.postgres else ""
        told += f" (the sum of {report.subject['parts']} parts)" if "parts" in report.subject else ""
        told += _FAIL_ON[report.fail_on]
        why = report.subject.get("driver_from")
        return f"{told}, driver {flat(str(report.subject['driver']))}, {flat(str(why))}" if why else told
