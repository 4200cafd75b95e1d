"""How long each check took, of the run's own time.

Several processes work side by side, and within one of them a check waits for what all share, such as a database that is
built. A moment belongs to what was at work in it, to each an equal part; so the seconds of all add up to no more than
the run's own.
"""

from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import NamedTuple

# What checks share: databases that are built, and the stairway of each revision.
WALK = "walk"


class Spell(NamedTuple):
    """A stretch of time, by the clock that all processes of a machine share.

    Attributes:
        lane: the process that was at work; within it, a spell lies inside of another or beside it.
        what: the id of a check, or ``WALK``.
        begin: in seconds.
        end: in seconds.
    """

    lane: int
    what: str
    begin: float
    end: float

    @classmethod
    def until_now(cls, lane: int, what: str, begin: float) -> "Spell":
        """The one that ends now."""
        return cls(lane, what, begin, perf_counter())


def seconds(spells: Iterable[Spell]) -> dict[str, float]:
    """The seconds of the run that each of ``spells`` took, by what took them."""
    told: dict[str, float] = {}
    spells = [one for one in spells if one.end > one.begin]  # else it would end before it begins
    bounds = sorted(
        [(one.begin, 1, one) for one in spells] + [(one.end, 0, one) for one in spells], key=lambda bound: bound[:2]
    )
    under_way: dict[int, list[Spell]] = {}
    before = 0.0
    for moment, begins, spell in bounds:
        for what in _at_work(under_way.values()):
            told[what] = told.get(what, 0.0) + (moment - before) / len(under_way)
        before = moment
        if begins:
            under_way.setdefault(spell.lane, []).append(spell)
        elif spell in under_way.get(spell.lane, ()):
            under_way[spell.lane].remove(spell)
            if not under_way[spell.lane]:
                del under_way[spell.lane]
    return told


def _at_work(lanes: Iterable[Sequence[Spell]]) -> list[str]:
    """Of each lane, what began last: the others wait for it."""
    return [lane[-1].what for lane in lanes]
