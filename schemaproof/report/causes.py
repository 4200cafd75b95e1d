"""One defect is reported once: by the finding that names its cause, which lists the other checks that found it.

Each check by itself is red on what its title forbids, whichever others run. So several may find one defect: a downgrade
that does nothing is missing, restores nothing, and keeps the upgrade from being applied again. A finding names those
that report its cause; if one of them is in the same report, the finding is left out of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from schemaproof.finding import Cause, Finding


def told_once(findings: Sequence[Finding]) -> list[Finding]:
    """``findings`` without those whose cause another one reports; that one then lists the checks that found it too.

    A note replaces only notes: what makes the verdict faulty is never left out in favour of what does not.
    """
    by_check: dict[str, list[int]] = {}
    for place, finding in enumerate(findings):
        by_check.setdefault(finding.check, []).append(place)
    above = [list(_telling(finding, findings, by_check)) for finding in findings]
    roots = [_roots(place, above) for place in range(len(findings))]
    also: dict[int, list[str]] = {}
    for place, finding in enumerate(findings):
        for root in roots[place]:
            also.setdefault(root, []).append(finding.check)
    return [
        replace(finding, also_found_by=_names(also.get(place, ()), finding)) if place in also else finding
        for place, finding in enumerate(findings)
        if not roots[place]
    ]


def _telling(finding: Finding, findings: Sequence[Finding], by_check: dict[str, list[int]]) -> Iterator[int]:
    """The places of those that tell the cause of ``finding``."""
    for cause in finding.causes:
        for place in by_check.get(cause.check, ()):
            if _names_it(cause, findings[place]) and _as_bad(findings[place], finding):
                yield place


def _names_it(cause: Cause, finding: Finding) -> bool:
    return cause.revision in {None, finding.revision} and cause.object in {None, finding.object}


def _as_bad(one: Finding, other: Finding) -> bool:
    return one.faulty or not other.faulty


def _roots(place: int, above: Sequence[Sequence[int]]) -> set[int]:
    """Where the causes of the finding at ``place`` are told: no finding in between has causes of its own there."""
    found, waiting, seen = set[int](), list(above[place]), {place}
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(above[one])
            found.update(() if above[one] else (one,))
    return found


def _names(checks: Iterable[str], finding: Finding) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in (*finding.also_found_by, *checks) if one != finding.check))
