"""The lines of findings: what is wrong and where, what was seen, what happens in production, what to do."""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from schemaproof.finding import Finding, Severity
from schemaproof.manual import reference
from schemaproof.report.characters import flat
from schemaproof.report.style import COLOURS, Style

_SEVERITIES = tuple(Severity)

# Lines of evidence that are shown of a finding: a screen holds two or three.
EVIDENCE = 12

# What shows the rest of it.
MORE = "-v or --json FILE"

# What of evidence says the most: an error and its statement, a difference, the place in the code.
_TELLING = re.compile(
    r"^\s*([\w.]*(Error|Exception|Exit|Timeout|Interrupt)\b|(ERROR|FATAL|DETAIL|HINT)\b|\[SQL|at \S+:\d+)|\S -> \S"
)
_TRACEBACK = "Traceback (most recent call last)"


@dataclass
class Detail:
    """How much is told of each finding.

    Attributes:
        evidence: lines of it; None for all.
        more: what shows the rest of the evidence.
        consequences: whether what happens in production is told.
        notes: whether notes have all of theirs too, and not the first line alone.
        pages: whether the page of the check in the documentation is told.
        said: what was said above, and is not said again.
    """

    evidence: int | None = EVIDENCE
    more: str = MORE
    consequences: bool = True
    notes: bool = False
    pages: bool = False
    said: set[tuple[str, ...]] = field(default_factory=set)

    def first(self, *what: str) -> bool:
        """Whether ``what`` is said for the first time; it is now."""
        new = what not in self.said
        self.said.add(what)
        return new


def lines(findings: Iterable[Finding], style: Style, detail: Detail, indent: str = "") -> Iterator[str]:
    """Each finding's own line, place and evidence, and below those that share them consequence and remedy, said once.

    Where remedies name the object of each, the consequence that a check's findings have in common is said at the first.
    """
    for (severity, check, consequence, remedy), group in itertools.groupby(worst_first(findings), _shared):
        for (evidence, also), same in itertools.groupby(group, lambda one: (one.evidence, one.also_found_by)):
            for finding in same:
                yield from headline(finding, style, indent)
                if finding.where is not None:
                    yield f"{indent}    --> {flat(str(finding.where))}"
            note = severity is Severity.NOTE and not detail.notes
            yield from quoted(evidence, style, indent + "    ", 1 if note else detail.evidence, detail.more)
            yield from said("also found by", ", ".join(also), style, indent)
        if detail.consequences and severity is not Severity.NOTE and detail.first("consequence", check, consequence):
            yield from said("consequence", consequence, style, indent)
        if detail.first("remedy", severity, check, remedy):
            yield from said("remedy", remedy, style, indent)
        if detail.pages and detail.first("page", check):
            yield from said("page", reference(check), style, indent)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, warnings, notes; within them, those with the same check, consequence and remedy side by side."""
    order: dict[tuple[Severity, str, str, str], int] = {}
    return sorted(
        findings,
        key=lambda finding: (_SEVERITIES.index(finding.severity), order.setdefault(_shared(finding), len(order))),
    )


def _shared(finding: Finding) -> tuple[Severity, str, str, str]:
    return finding.severity, finding.check, finding.consequence, finding.remedy


def headline(finding: Finding, style: Style, indent: str) -> list[str]:
    """Severity, check, object and message; the colour is put on after the wrapping."""
    return _labelled(finding, "", what(finding), style, indent)


def one_line(finding: Finding, style: Style, indent: str) -> list[str]:
    """All of a finding that one line holds, as editors open it: "a.py:3: error[check] message"."""
    place = str(finding.where or (f"revision {finding.revision}" if finding.revision else "project"))
    return _labelled(finding, f"{place}: ", what(finding).partition("\n")[0], style, indent)


@lru_cache(maxsize=8192)  # asked again for each draft of a report
def what(finding: Finding) -> str:
    """The message, with the object if it does not name it."""
    described = finding.object or ""
    if not described:
        return finding.message
    name = described.partition(" ")[2]
    short = name.partition(".")[2]  # a message may name a table without its schema
    every = "|".join(re.escape(one) for one in (described, name, short) if one)
    named = re.search(rf"(?<![\w.])(?:{every})(?!\w)", finding.message)
    return finding.message if named else f"{described}: {finding.message}"


def _labelled(finding: Finding, before: str, text: str, style: Style, indent: str) -> list[str]:
    label = f"{finding.severity}[{finding.check}]"
    told = style.wrap(f"{before}{label} {text}", indent, indent + "    ")
    painted = style.paint(label, COLOURS[finding.severity])
    place = next((number for number, line in enumerate(told) if label in line), 0)
    return [line.replace(label, painted, 1) if number == place else line for number, line in enumerate(told)]


def quoted(evidence: str, style: Style, indent: str, limit: int | None, more: str = MORE) -> Iterator[str]:
    """The lines of ``evidence``, the ``limit`` that say the most if there are more."""
    every = evidence.rstrip().splitlines()
    # What would replace a single line may as well be that line.
    kept = every if limit is None or len(every) <= limit + 1 else _telling(every, limit)
    for line in kept:
        yield from style.quote(line, indent)
    if len(kept) < len(every):
        yield f"{indent}| ... {len(every) - len(kept)} more lines: {more}"


def _telling(every: list[str], limit: int) -> list[str]:
    """The first line, those that tell an error, a difference or a place, and then from the top; in their order.

    Of a traceback the end says the most.
    """
    traceback = any(_TRACEBACK in line for line in every)

    def rank(number: int) -> tuple[int, int]:
        telling = bool(_TELLING.search(every[number]))
        if traceback:
            return (0 if telling else 1, -number)
        return (0 if telling or number == 0 else 1, number)

    return [every[number] for number in sorted(sorted(range(len(every)), key=rank)[:limit])]


def said(name: str, text: str, style: Style, indent: str) -> list[str]:
    """``text`` below a finding, as its ``name``; nothing for none."""
    return style.wrap(f"{name}: {text}", indent + "  = ", indent + "    ") if text else []
