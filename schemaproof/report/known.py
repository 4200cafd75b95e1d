"""What the baseline says of a report's findings, for people."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from schemaproof.finding import Finding, Severity
from schemaproof.project.baseline import FILE, Entry
from schemaproof.report.characters import readable

if TYPE_CHECKING:
    from schemaproof.report.outcome import Report

_PLACES = 6  # of what is gone, how many are named


def lines(report: "Report") -> Iterator[str]:
    """How many findings are known, how many are new, and what is gone; none where there is no baseline."""
    if report.known is None:
        return
    known = [one for one, _ in report.known.findings]
    new = sum(one.faulty for one in report.findings)
    yield f"{len(known):,} known{_in_words(known, 'baseline: ')}, {new:,} new"
    if report.known.fixed:
        named = ", ".join(map(place, report.known.fixed[:_PLACES]))
        more = f" and {len(report.known.fixed) - _PLACES} more" if len(report.known.fixed) > _PLACES else ""
        yield f"{len(report.known.fixed):,} fixed: run `schemaproof baseline --prune`: {named}{more}"


def place(entry: Entry) -> str:
    """An entry in words: "downgrade-restores at 0003 (type public.color)"."""
    at = f" at {entry.revision}" if entry.revision else ""
    about = f" ({entry.object})" if entry.object else ""
    return readable(f"{entry.check}{at}{about}")


def recorded(before: Sequence[Entry], after: Sequence[Entry], fixed: Sequence[Entry]) -> str:
    """What `schemaproof baseline` has done: what was ``before`` in the file, what is there now, what is gone today."""
    old, new = {one.fingerprint for one in before}, {one.fingerprint for one in after}
    added = [one for one in after if one.fingerprint not in old]
    removed = [one for one in before if one.fingerprint not in new]
    told = [f"{FILE}: {len(added):,} added{_in_words(added)}, {len(removed):,} removed, {len(after):,} in all"]
    told += _by_check(added)
    told += [f"  fixed: {place(one)}" for one in removed]
    left = [one for one in fixed if one.fingerprint in new]
    if left:
        told.append(f"{len(left):,} fixed: run `schemaproof baseline --prune`")
    if open_reasons := sum(not one.reason for one in after):
        told.append(f"{open_reasons:,} without a reason: say in {FILE} why each may stay")
    return "\n".join(told) + "\n"


def _by_check(entries: Iterable[Entry]) -> Iterator[str]:
    counts: dict[tuple[str, str], int] = {}
    for one in entries:
        key = (one.severity.value, one.check)
        counts[key] = counts.get(key, 0) + 1
    for (severity, check), number in sorted(counts.items(), key=lambda item: (item[0][0], -item[1])):
        yield f"  {number:>6,} {severity}[{check}]"


def _in_words(found: Sequence[Finding] | Sequence[Entry], where: str = "") -> str:
    """How many of each severity, in brackets, and ``where`` they are; "" for nothing."""
    counts = [(sum(one.severity is kind for one in found), kind) for kind in (Severity.ERROR, Severity.WARNING)]
    told = [f"{number:,} {kind}{'' if number == 1 else 's'}" for number, kind in counts if number]
    return f" ({where}{', '.join(told)})" if told else ""
