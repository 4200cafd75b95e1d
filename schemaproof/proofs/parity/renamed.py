"""Constraints and indexes that are called otherwise, and are the same by what they are about."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemaproof.catalog import Difference, Identity
from schemaproof.catalog.values import Value
from schemaproof.migration.autogenerate.layout import Objects

type Same = Callable[[Identity, Value, Value], bool]

# What a constraint may differ in and be the same: by these it works, and by the rest it is about something.
_OF_CONSTRAINT = frozenset(
    {
        *("on update", "on delete", "on delete columns", "match", "deferrable", "initially deferred"),
        *("validated", "enforced", "no inherit", "nulls not distinct", "include", "comment", "index comment"),
        *("storage parameters", "tablespace", "index valid", "replica identity", "clustered"),
    }
)
# An index by how it is kept alone: a plain one and a unique one on the same column may be two.
_OF_INDEX = frozenset(
    {
        *("storage parameters", "tablespace", "valid", "ready", "replica identity", "clustered"),
        *("statistics targets", "comment"),
    }
)
_MINOR = {"constraint": _OF_CONSTRAINT, "index": _OF_INDEX}


def renamed(differences: Iterable[Difference], model: Objects, migrated: Objects, same: Same) -> Iterator[Difference]:
    """``differences``, where one that is missing and one that is extra are the same under another name.

    They become one of the attribute "name", and one of each attribute in which they differ besides, of the model's.
    ``same`` says whether two definitions of CHECK constraints on a table are one, though they are printed otherwise.
    """
    found = list(differences)
    sides = _Sides(model, migrated, same)
    pairs = sides.pairs(found)
    others = set(pairs.values())
    for one in found:
        if one.kind == "missing" and one.identity in pairs:
            yield Difference(one.identity, "name", one.identity.name, pairs[one.identity].name)
            yield from sides.more(one.identity, pairs[one.identity])
        elif one.kind != "extra" or one.identity not in others:
            yield one


@dataclass(frozen=True)
class _Sides:
    model: Objects
    migrated: Objects
    same: Same

    def pairs(self, found: Iterable[Difference]) -> Mapping[Identity, Identity]:
        """What is missing, and which of the extra ones it is."""
        missing: defaultdict[Identity, list[Identity]] = defaultdict(list)
        extra: defaultdict[Identity, list[Identity]] = defaultdict(list)
        for difference in found:
            identity = difference.identity
            if difference.kind != "changed" and identity.kind in _MINOR:
                side = missing if difference.kind == "missing" else extra
                side[identity._replace(name="")].append(identity)
        pairs: dict[Identity, Identity] = {}
        for place, wanted in missing.items():
            free = extra.get(place, [])
            for one in wanted:
                equal = next((other for other in free if self._equal(one, other)), None)
                if equal is not None:
                    free.remove(equal)
                    pairs[one] = equal
            pairs |= self._only_ones([one for one in wanted if one not in pairs], free)
        return pairs

    def _only_ones(self, wanted: Sequence[Identity], free: Sequence[Identity]) -> dict[Identity, Identity]:
        """Those that are about the same, where neither side has another that could be meant."""
        alike = {one: [other for other in free if self._alike(one, other)] for one in wanted}
        claims = [other for others in alike.values() for other in others]
        return {one: others[0] for one, others in alike.items() if len(others) == 1 and claims.count(others[0]) == 1}

    def more(self, one: Identity, other: Identity) -> Iterator[Difference]:
        """In which attributes both differ, besides the name."""
        for attribute in sorted(self._differing(one, other) & _MINOR[one.kind]):
            yield Difference(one, attribute, self.model[one].get(attribute), self.migrated[other].get(attribute))

    def _equal(self, one: Identity, other: Identity) -> bool:
        return self._is_same(one, other, self._differing(one, other))

    def _alike(self, one: Identity, other: Identity) -> bool:
        """Whether they are about the same; what NOT NULL differs in is its column's to tell."""
        if self.model[one].get("type") == "NOT NULL":
            return False
        return self._is_same(one, other, self._differing(one, other) - _MINOR[one.kind])

    def _is_same(self, one: Identity, other: Identity, differing: frozenset[str]) -> bool:
        """Whether they are, if ``differing`` is all in which they could not be."""
        ours, theirs = self.model[one], self.migrated[other]
        if differing == {"definition"} and ours.get("type") == "CHECK":
            return self.same(one, ours["definition"], theirs["definition"])
        return not differing

    def _differing(self, one: Identity, other: Identity) -> frozenset[str]:
        ours, theirs = self.model[one], self.migrated[other]
        return frozenset(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
