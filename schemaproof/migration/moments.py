"""What of a schema is another each time that it is made: fixed at the time of the migration, or drawn by chance.

``server_default="now()"``, a str, is a literal that PostgreSQL reads when the column is made; a revision may write the
day into a table's name. One check tells it. No other comparison says anything about it: what two plain upgrades make
different says nothing about what a downgrade, a failure or a second deployer did (issue 11).
"""

from collections import Counter
from collections.abc import Iterable
from typing import Self

from schemaproof.catalog import Catalog, Difference, Identity, diff

type Place = tuple[str, str, str]  # kind, schema and parent of objects


class Moments:
    """What differs between upgrades that should be the same; grows while a history is examined."""

    def __init__(self) -> None:
        self._attributes: set[tuple[Identity, str]] = set()
        self._names: set[Place] = set()  # where objects have another name each time

    def __bool__(self) -> bool:
        return bool(self._attributes or self._names)

    def __ior__(self, other: Self) -> Self:
        self._attributes |= other._attributes
        self._names |= other._names
        return self

    @classmethod
    def of(cls, one: Catalog, other: Catalog, third: Catalog) -> Self:
        """Those that ``settle`` finds."""
        moments = cls()
        moments.settle(one, other, third)
        return moments

    def note(self, differences: Iterable[Difference]) -> None:
        """Take ``differences`` between the catalogs of two such upgrades for what they make different each time."""
        found = list(differences)
        self._attributes.update(_key(one) for one in found if one.kind == "changed")
        self._names.update(_exchanged(found))

    def settle(self, one: Catalog, other: Catalog, third: Catalog) -> None:
        """Take for such what differs between all three, which upgrades made that should be the same.

        Where two of them are equal, the odd one has another cause: a revision that remembers an earlier run, say.
        """
        again = diff(other, third)
        keys, places = {_key(difference) for difference in again}, _exchanged(again)
        found = diff(one, third)
        self._attributes.update(_key(each) for each in found if each.kind == "changed" and _key(each) in keys)
        self._names.update(_exchanged(found) & places)

    def without(self, differences: Iterable[Difference]) -> list[Difference]:
        """Those of ``differences`` that are something else."""
        found = list(differences)
        exchanged = _exchanged(found) & self._names
        return [
            one
            for one in found
            if _key(one) not in self._attributes and (one.kind == "changed" or _place(one) not in exchanged)
        ]

    def among(self, differences: Iterable[Difference]) -> list[Difference]:
        """Those of ``differences`` that are such."""
        found = list(differences)
        others = self.without(found)
        return [one for one in found if one not in others]


def _exchanged(differences: Iterable[Difference]) -> set[Place]:
    """Where as many objects are missing as there are extra ones: the same ones under other names."""
    balance: Counter[Place] = Counter()
    places: dict[Place, set[str]] = {}
    for one in differences:
        if one.kind != "changed":
            balance[_place(one)] += 1 if one.kind == "extra" else -1
            places.setdefault(_place(one), set()).add(one.kind)
    return {place for place, kinds in places.items() if len(kinds) > 1 and balance[place] == 0}


def _key(difference: Difference) -> tuple[Identity, str]:
    return difference.identity, difference.attribute


def _place(difference: Difference) -> Place:
    return difference.identity[:3]
