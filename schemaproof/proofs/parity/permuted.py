"""Constraints without names that were made in another order: PostgreSQL numbers them as they come."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from schemaproof.catalog import Difference, Identity
from schemaproof.migration.autogenerate.layout import Objects

# t_x_check, t_x_check1, t_x_check2, ...
_NUMBERED = re.compile(r"(.*_(?:check|fkey|key|excl))\d*")


def unpermuted(differences: Iterable[Difference], model: Objects, migrated: Objects) -> Iterator[Difference]:
    """``differences``, where constraints that only exchanged their numbers are told as generated names."""
    changed: defaultdict[tuple[str, str, str], list[Difference]] = defaultdict(list)
    for difference in differences:
        numbered = _NUMBERED.fullmatch(difference.identity.name)
        if difference.identity.kind == "constraint" and difference.kind == "changed" and numbered:
            changed[difference.identity.schema, difference.identity.parent, numbered[1]].append(difference)
        else:
            yield difference
    for group in changed.values():
        names = _exchanged({difference.identity for difference in group}, model, migrated)
        for identity, name in names.items():
            yield Difference(identity, "name", identity.name, name, generated_name=True)
        if not names:
            yield from group


def _exchanged(identities: set[Identity], model: Objects, migrated: Objects) -> dict[Identity, str]:
    """The name in the migrated database of each of the model's; empty unless each has one."""
    free = sorted(identities)
    names: dict[Identity, str] = {}
    for identity in sorted(identities):
        other = next((one for one in free if migrated.get(one) == model.get(identity)), None)
        if other is None:
            return {}
        free.remove(other)
        names[identity] = other.name
    return names
