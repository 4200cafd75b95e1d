"""What the page tells, as values: findings by revision, each with its code."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schemaproof.figure import Grid
from schemaproof.finding import Finding, Place, Severity
from schemaproof.report.characters import readable
from schemaproof.report.lines import what, worst_first
from schemaproof.report.page.keys import Drawing, drawing
from schemaproof.report.urgency import to_begin_with, urgency

if TYPE_CHECKING:
    from schemaproof.report.outcome import Report

# Lines of code around the one that a finding is about.
_AROUND = 2
_LARGEST = 1_000_000  # bytes of a file that is read for them

# A line of what sessions did: the name of one, and its words in a column of their own.
_TURN = re.compile(r"([a-z]+) {2,}(\S.*)")


@dataclass(frozen=True)
class CodeLine:
    """A line of the project's code.

    Attributes:
        number: from 1.
        text: the line.
        meant: whether the finding is about it.
    """

    number: int
    text: str
    meant: bool


@dataclass(frozen=True)
class Seen:
    """A part of a finding's evidence.

    Attributes:
        text: the part; "" where it is a table, or what sessions did.
        grid: the part as a table.
        sessions: the names of two sessions that took turns.
        turns: what each of them did, in order: the place of its name, and its words.
    """

    text: str
    grid: Grid | None = None
    sessions: tuple[str, ...] = ()
    turns: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Told:
    """A finding on the page.

    Attributes:
        anchor: what a link to it ends with; the same in every run.
        finding: all of it.
        message: with the object, if the message does not name it.
        code: the lines around its place; empty where that is not known.
        seen: its evidence.
        keys: the foreign keys that a delete follows, drawn; None for none.
        remedy: in pieces, of which every second is code.
        begin: whether it is one of those to begin with, which are unfolded.
    """

    anchor: str
    finding: Finding
    message: str
    code: tuple[CodeLine, ...]
    seen: tuple[Seen, ...]
    keys: Drawing | None
    remedy: tuple[str, ...]
    begin: bool


@dataclass(frozen=True)
class Section:
    """The findings of one revision.

    Attributes:
        anchor: what a link to it ends with.
        revision: its id; None for the project as a whole.
        told: the worst first.
    """

    anchor: str
    revision: str | None
    told: tuple[Told, ...]

    @property
    def worst(self) -> Severity:
        """The severity of the worst."""
        return self.told[0].finding.severity


def sections(report: "Report", fingerprints: Sequence[str]) -> Iterator[Section]:
    """A section for each revision with findings, in their order; that of the project comes last.

    ``fingerprints``: those of the report's findings, as they are in other formats.
    """
    every = dict(zip(map(id, report.findings), fingerprints, strict=True))
    begin = {id(one) for one in to_begin_with(report.findings)}
    groups: dict[str | None, list[Finding]] = {revision: [] for revision in report.revisions}
    for one in report.findings:
        groups.setdefault(one.revision, []).append(one)
    groups[None] = groups.pop(None, [])  # at the end
    project = Path(str(report.subject.get("project") or "."))
    for number, (revision, found) in enumerate(groups.items()):
        if found:
            told = (_told(one, every[id(one)], project, begin=id(one) in begin) for one in worst_first(found))
            yield Section("project" if revision is None else f"revision-{number}", revision, tuple(told))


def _told(finding: Finding, fingerprint: str, project: Path, *, begin: bool) -> Told:
    code = tuple(_code(finding.where, project)) if finding.where is not None else ()
    remedy = tuple(re.split(r"`([^`]*)`", finding.remedy))
    keys = drawing(finding.links) if finding.links else None
    seen = tuple(_seen(finding.evidence, finding.grids))
    return Told(f"finding-{fingerprint}", finding, what(finding), code, seen, keys, remedy, begin)


def _seen(evidence: str, grids: Sequence[Grid]) -> Iterator[Seen]:
    """``evidence``, with the tables in it as such, and those that it has not at the end."""
    lines = evidence.rstrip().splitlines()
    begin, left = 0, []
    for one in grids:
        wanted = one.lines()
        size = len(wanted)
        places = range(begin, len(lines) - size + 1)
        drawn = (
            place for place in places if [each.removeprefix("  ") for each in lines[place : place + size]] == wanted
        )
        place = next(drawn, None)
        if place is None:
            left.append(one)
            continue
        yield from _taking_turns(lines[begin:place])
        yield Seen("", one)
        begin = place + size
    yield from _taking_turns(lines[begin:])
    yield from (Seen("", one) for one in left)


def _taking_turns(lines: Sequence[str]) -> Iterator[Seen]:
    """``lines``, two sessions that take turns in it told apart: "delete  DELETE ...", "other   INSERT ..."."""
    text: list[str] = []
    for same, group in itertools.groupby(lines, lambda line: bool(_TURN.match(line))):
        part = list(group)
        turns = [found.groups() for line in part if (found := _TURN.match(line))]
        names = tuple(dict.fromkeys(name for name, _ in turns))
        columns = {len(line) - len(words) for line, (_, words) in zip(part, turns, strict=False)}
        if same and len(names) == 2 and len(turns) > 2 and len(columns) == 1:
            if text:
                yield Seen("\n".join(text))
            yield Seen("", None, names, tuple((names.index(name), words) for name, words in turns))
            text = []
        else:
            text += part
    if text:
        yield Seen("\n".join(text))


def _code(where: Place, project: Path) -> Iterator[CodeLine]:
    """The lines around ``where``; none where the file is gone, too large or no text."""
    if where.line is None:
        return
    path = project / where.file
    try:
        if path.stat().st_size > _LARGEST:
            return
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return
    first = max(where.line - _AROUND, 1)
    for number, line in enumerate(lines[first - 1 : where.line + _AROUND], first):
        yield CodeLine(number, readable(line), number == where.line)


@dataclass(frozen=True)
class Row:
    """A line of the table: how many findings a check has, by severity."""

    check: str
    area: str
    counts: tuple[int, ...]


def rows(findings: Sequence[Finding]) -> list[Row]:
    """A row for each check that found something, the most urgent first."""
    counts: dict[tuple[int, str, str], dict[Severity, int]] = {}
    for one in findings:
        row = counts.setdefault((urgency(one.check, one.area), one.check, one.area), dict.fromkeys(Severity, 0))
        row[one.severity] += 1
    return [Row(check, area, tuple(counts[key].values())) for key in sorted(counts) for _, check, area in [key]]
