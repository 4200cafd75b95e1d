"""Names of NOT NULL constraints that nobody chose.

Since PostgreSQL 18 a column's NOT NULL is a constraint with a name, as a domain's is since 17. Without one in the
statement it is called by the table and the column as they are called at that moment: a table that was renamed keeps
the names of before, and where NOT NULL is dropped and set again, it gets one of the present. Two ways to the same
schema differ in that, on these releases only, and no statement has said either name.
"""

import re
from collections import Counter
from collections.abc import Iterable

from schemaproof.catalog.difference import Difference
from schemaproof.catalog.snapshot import Catalog
from schemaproof.catalog.values import Attributes, Identity

# t_x_not_null of a column, and d_not_null of a domain; numbered where that is taken. What table and column were once
# called is not known, so that any such name may have been PostgreSQL's choice.
_COLUMN = re.compile(r".+_.+_not_null([1-9]\d*)?")
_DOMAIN = re.compile(r".+_not_null([1-9]\d*)?")


# What a NOT NULL is but for its name.
type _Constraint = tuple[Identity, frozenset[tuple[str, object]]]


def but_for_not_null_names(differences: Iterable[Difference], before: Catalog, after: Catalog) -> list[Difference]:
    """``differences`` between both catalogs, without those that are but names of NOT NULL which PostgreSQL chose."""
    found = list(differences)
    missing = Counter(one for each in found if each.kind == "missing" and (one := _unnamed(each.identity, before)))
    extra = Counter(one for each in found if each.kind == "extra" and (one := _unnamed(each.identity, after)))
    both = missing & extra
    return [
        one
        for one in found
        if not is_chosen_twice(one, before.objects.get(one.identity, {})) and not _is_one_of(one, both, before, after)
    ]


def is_chosen_twice(difference: Difference, attributes: Attributes) -> bool:
    """Whether it is the name of a NOT NULL, with these attributes, that PostgreSQL may have chosen on both sides."""
    names = (difference.identity, difference.identity._replace(name=str(difference.after)))
    return difference.generated_name and all(_is_generated(one, attributes) for one in names)


def _is_generated(identity: Identity, attributes: Attributes) -> bool:
    """Whether it is a NOT NULL with a name of the form that PostgreSQL chooses."""
    if identity.kind != "constraint" or attributes.get("type") != "NOT NULL":
        return False
    form = _COLUMN if isinstance(attributes.get("columns"), tuple) else _DOMAIN
    return form.fullmatch(identity.name) is not None


def _unnamed(identity: Identity, catalog: Catalog) -> _Constraint | None:
    attributes = catalog.objects.get(identity, {})
    if not _is_generated(identity, attributes):
        return None
    return identity._replace(name=""), frozenset(attributes.items())


def _is_one_of(difference: Difference, both: Counter[_Constraint], before: Catalog, after: Catalog) -> bool:
    """Whether it is on one side only, and ``both`` sides have one like it that is called otherwise."""
    if difference.kind == "changed":
        return False
    constraint = _unnamed(difference.identity, before if difference.kind == "missing" else after)
    return constraint is not None and constraint in both
