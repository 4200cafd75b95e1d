"""What differs between two catalogs, object by object."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from schemaproof.catalog import pairing, positions
from schemaproof.catalog.names import unquoted
from schemaproof.catalog.reading import Item
from schemaproof.catalog.snapshot import Catalog
from schemaproof.catalog.values import Identity, Value, shown

type Items = Mapping[Identity, Item]

# What other objects lie in.
_OUTER = frozenset({"table", "foreign table", "view", "materialized view", "domain"})


@dataclass(frozen=True)
class Difference:
    """One difference.

    Attributes:
        identity: the object; for one that is called otherwise afterwards, its name before.
        attribute: what differs of it; "" where the object is on one side only.
        before: the attribute's value before; None where it has none.
        after: the attribute's value after.
        missing: whether an object that was there before is not there after; "" is its attribute.
        generated_name: whether it is but a name that PostgreSQL chose; "name" is its attribute.
    """

    identity: Identity
    attribute: str
    before: Value
    after: Value
    missing: bool = False
    generated_name: bool = False

    @property
    def kind(self) -> Literal["missing", "extra", "changed"]:
        """Whether the object is only before ("missing"), only after ("extra"), or on both sides."""
        if self.attribute:
            return "changed"
        return "missing" if self.missing else "extra"

    @property
    def what(self) -> str:
        """The attribute that differs, or its kind where the object is on one side only: "type", "missing"."""
        return self.attribute or self.kind

    def __str__(self) -> str:
        if self.kind != "changed":
            return f"{self.identity}: is {self.kind}"
        return f"{self.identity}: {self.attribute} was {shown(self.before)}, is {shown(self.after)}"


def diff(before: Catalog, after: Catalog) -> list[Difference]:
    """What must be changed in ``before`` to get ``after``, ordered by object and attribute.

    - What lies in an object that is on one side only goes without saying, as do the sequence that belongs to a
      missing column and the constraint that is a column's NOT NULL.
    - Of columns in another order, those are told that have moved, by their places among the columns of both sides.
    - Names that PostgreSQL chose and that differ where everything else is equal are told as one difference.
    """
    old = {item.identity: item for item in before.items(after)}
    new = {item.identity: item for item in after.items(before)}
    changes = list(_changes(old, new))
    pairs = pairing.pairs(old, new)
    missing = _outermost(old.keys() - new.keys() - pairs.keys(), old, changes)
    extra = _outermost(new.keys() - old.keys() - set(pairs.values()), new, changes)
    found = [Difference(identity, "", None, None, missing=True) for identity in missing]
    found += [Difference(identity, "", None, None) for identity in extra]
    found += [Difference(one, "name", one.name, other.name, generated_name=True) for one, other in pairs.items()]
    found += [change for change in changes if not _only_the_sequence_differs(change, pairs)]
    return sorted(found, key=lambda difference: (difference.identity, difference.attribute, difference.missing))


def _changes(old: Items, new: Items) -> Iterator[Difference]:
    """Differences of the objects that are on both sides."""
    for identity in old.keys() & new.keys():
        before, after = old[identity].attributes, new[identity].attributes
        if before == after:
            continue
        for attribute in before.keys() | after.keys():
            values = before.get(attribute), after.get(attribute)
            if attribute != "position" and values[0] != values[1]:
                yield Difference(identity, attribute, *values)
    for identity, place, other in positions.moved(old, new):
        yield Difference(identity, "position", place, other)


def _outermost(alone: set[Identity], items: Items, changes: Iterable[Difference]) -> Iterator[Identity]:
    """Those of ``alone``, which are on one side only, that are not told by another difference."""
    outer = {(identity.schema, identity.name) for identity in alone if identity.kind in _OUTER}
    columns = {(identity.schema, identity.parent, identity.name) for identity in alone if identity.kind == "column"}
    nullable = {change.identity for change in changes if change.attribute == "not null"}
    for identity in alone:
        if identity.parent and (identity.schema, identity.parent) in outer:
            continue
        attributes = items[identity].attributes
        owner = unquoted(str(attributes.get("owned by") or attributes.get("table") or ""))
        if owner and (owner in columns or owner[:2] in outer):
            continue
        if attributes.get("type") == "NOT NULL" and _not_null_of(identity, items[identity]) & {*nullable, *alone}:
            continue
        yield identity


def _not_null_of(identity: Identity, item: Item) -> set[Identity]:
    """What the NOT NULL constraint is about: a column, or a domain."""
    columns = item.attributes.get("columns")
    if not isinstance(columns, tuple):
        return {Identity("domain", identity.schema, "", identity.parent)}
    return {Identity("column", identity.schema, identity.parent, unquoted(str(column))[0]) for column in columns}


def _only_the_sequence_differs(change: Difference, pairs: Mapping[Identity, Identity]) -> bool:
    """Whether a default takes its values from a sequence whose name differs, which is told of the sequence."""
    if change.attribute != "default":
        return False
    old, new = pairing.sequence_of(change.before), pairing.sequence_of(change.after)
    return old is not None and old in pairs and pairs[old] == new
