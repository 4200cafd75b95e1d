"""Objects that are the same but for a name that PostgreSQL chose."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

from schemaproof.catalog.names import is_generated, unquoted
from schemaproof.catalog.reading import Item
from schemaproof.catalog.values import Identity, Value

type Items = Mapping[Identity, Item]

_NEXTVAL = re.compile(r"nextval\('(.*)'::regclass\)")


def pairs(old: Items, new: Items) -> dict[Identity, Identity]:
    """Objects of ``old`` alone, each with the one of ``new`` alone that equals it in all but the name.

    PostgreSQL would choose one of both names, or both: a constraint without a name has another where the name is
    taken, or where its table was called otherwise when it was made.
    """
    found: dict[Identity, Identity] = {}
    candidates = _alike(new, new.keys() - old.keys())
    for likeness, identities in _alike(old, old.keys() - new.keys()).items():
        free = candidates.get(likeness, [])
        for identity in identities:
            other = next((one for one in free if _chosen(old[identity]) or _chosen(new[one])), None)
            if other is not None:
                free.remove(other)
                found[identity] = other
    return found


def sequence_of(default: Value) -> Identity | None:
    """The sequence that a column's default takes its values from, where it is nothing but that."""
    match = _NEXTVAL.fullmatch(default) if isinstance(default, str) else None
    if match is None:
        return None
    schema, name = unquoted(match[1].replace("''", "'"))
    return Identity("sequence", schema, "", name)


def _alike(items: Items, identities: Iterable[Identity]) -> dict[Hashable, list[Identity]]:
    """Those of ``identities`` that PostgreSQL can name, by all but their names; in the order of these."""
    found: dict[Hashable, list[Identity]] = defaultdict(list)
    for identity in sorted(identities):
        item = items[identity]
        if item.generated_from is not None:
            likeness = (identity._replace(name=""), item.generated_from, frozenset(item.attributes.items()))
            found[likeness].append(identity)
    return found


def _chosen(item: Item) -> bool:
    return item.generated_from is not None and is_generated(item.identity.name, item.generated_from)
