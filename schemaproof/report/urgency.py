"""Which findings to begin with: what stops a deployment, loses data, blocks, can't be rolled back, differs."""

from collections.abc import Iterable, Sequence
from enum import IntEnum

from schemaproof.finding import Finding, Severity

_SEVERITIES = tuple(Severity)


class Urgency(IntEnum):
    """What a finding means in production, worst first."""

    STOPS = 0  # the deployment
    LOSES = 1  # rows or values
    BLOCKS = 2  # who works meanwhile
    STAYS = 3  # it can't be rolled back
    DIFFERS = 4  # from what somebody relies on


_OF_AREA = {
    "history": Urgency.STOPS,
    "upgrade": Urgency.STOPS,
    "failure": Urgency.STOPS,
    "releases": Urgency.STOPS,
    "data": Urgency.LOSES,
    "delete": Urgency.LOSES,
    "locks": Urgency.BLOCKS,
    "downgrade": Urgency.STAYS,
}

# Those that mean something else than the rest of their area.
_OF_CHECK = {
    "upgrade-with-rows": Urgency.STOPS,
    "upgrade-in-one-call": Urgency.DIFFERS,
    "downgrade-with-rows": Urgency.STAYS,
    "downgrade-keeps-rows": Urgency.STAYS,
    "concurrent-delete": Urgency.BLOCKS,
    "foreign-key-index": Urgency.BLOCKS,
    "delete-loads-children": Urgency.BLOCKS,
    "delete-refused-below": Urgency.BLOCKS,
}


def urgency(check: str, area: str) -> Urgency:
    """What the findings of a check mean; of an area that is not known, that something differs."""
    return _OF_CHECK.get(check, _OF_AREA.get(area, Urgency.DIFFERS))


def most_urgent(findings: Iterable[Finding]) -> list[Finding]:
    """``findings`` by urgency, then by severity, in their order."""
    return sorted(findings, key=lambda one: (urgency(one.check, one.area), _SEVERITIES.index(one.severity)))


def worst(findings: Iterable[Finding]) -> list[Finding]:
    """``findings`` by severity, then by urgency, in their order."""
    return sorted(most_urgent(findings), key=lambda one: _SEVERITIES.index(one.severity))


def to_begin_with(findings: Sequence[Finding], count: int = 5) -> list[Finding]:
    """The errors and warnings to begin with, the most urgent first: of each check one, before there are two of any."""
    ranked = most_urgent(one for one in findings if one.faulty)
    times: dict[str, int] = {}
    rounds = []
    for one in ranked:
        rounds.append(times.setdefault(one.check, 0))
        times[one.check] += 1
    chosen = sorted(range(len(ranked)), key=lambda place: (rounds[place], place))[:count]
    return [ranked[place] for place in sorted(chosen)]
