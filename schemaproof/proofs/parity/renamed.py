"""Constraints and indexes that are called otherwise, and equal in all else."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from schemaproof.catalog import Difference, Identity
from schemaproof.catalog.values import Attributes, Value
from schemaproof.migration.autogenerate.layout import Objects

type Same = Callable[[Identity, Value, Value], bool]


def renamed(differences: Iterable[Difference], model: Objects, migrated: Objects, same: Same) -> Iterator[Difference]:
    """``differences``, where one that is missing and its equal that is extra are one of the attribute "name".

    ``same`` says whether two definitions of CHECK constraints on a table are one, though they are printed otherwise.
    """
    found = list(differences)
    extra: defaultdict[Identity, list[Difference]] = defaultdict(list)
    for one in found:
        if one.kind == "extra" and one.identity.kind in {"constraint", "index"}:
            extra[one.identity._replace(name="")].append(one)
    pairs: dict[Identity, Identity] = {}
    for one in found:
        free = extra.get(one.identity._replace(name=""), [])
        if one.kind != "missing" or not free:
            continue
        equal = next((other for other in free if _equal(one.identity, other.identity, model, migrated, same)), None)
        if equal is not None:
            free.remove(equal)
            pairs[one.identity] = equal.identity
    others = set(pairs.values())
    for one in found:
        if one.kind == "missing" and one.identity in pairs:
            yield Difference(one.identity, "name", one.identity.name, pairs[one.identity].name)
        elif one.kind != "extra" or one.identity not in others:
            yield one


def _equal(one: Identity, other: Identity, model: Objects, migrated: Objects, same: Same) -> bool:
    ours, theirs = model[one], migrated[other]
    if ours == theirs:
        return True
    if _without_definition(ours) != _without_definition(theirs) or ours.get("type") != "CHECK":
        return False
    return same(one, ours["definition"], theirs["definition"])


def _without_definition(attributes: Attributes) -> dict[str, Value]:
    return {name: value for name, value in attributes.items() if name != "definition"}
