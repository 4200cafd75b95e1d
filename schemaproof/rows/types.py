"""The types of a database, as far as values of them can be written."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import psycopg

type Cursor = psycopg.Cursor[tuple[Any, ...]]

# Of the row types only those that some column has.
_QUERY = """
SELECT t.oid, t.typname::text, format_type(t.oid, NULL), t.typtype::text, t.typcategory::text,
    e.oid, e.typdelim::text, nullif(t.typbasetype, 0), t.typtypmod, t.typnotnull, t.typdefault IS NOT NULL,
    coalesce(r.rngsubtype, m.rngtypid), coalesce(l.labels, '{}'), coalesce(a.types, '{}'), coalesce(a.modifiers, '{}'),
    coalesce(k.definitions, '{}')
FROM pg_type t
LEFT JOIN pg_type e ON e.typarray = t.oid
LEFT JOIN pg_range r ON r.rngtypid = t.oid
LEFT JOIN pg_range m ON m.rngmultitypid = t.oid
LEFT JOIN (SELECT enumtypid, array_agg(enumlabel::text ORDER BY enumsortorder) AS labels
    FROM pg_enum GROUP BY 1) l ON l.enumtypid = t.oid
LEFT JOIN (SELECT attrelid, array_agg(atttypid::int8 ORDER BY attnum) AS types,
        array_agg(atttypmod ORDER BY attnum) AS modifiers
    FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped GROUP BY 1) a ON a.attrelid = t.typrelid
LEFT JOIN (SELECT contypid, array_agg(pg_get_constraintdef(oid) ORDER BY conname) AS definitions
    FROM pg_constraint WHERE contypid <> 0 AND contype = 'c' GROUP BY 1) k ON k.contypid = t.oid
WHERE t.typtype <> 'p' AND (t.typtype <> 'c' OR EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid
    AND c.relkind = 'c') OR t.oid IN (SELECT atttypid FROM pg_attribute WHERE attnum > 0))
"""


class Type(NamedTuple):
    """One type.

    Attributes:
        oid: its number.
        name: its bare name, as in pg_type.
        printed: its name as the server prints it.
        kind: b(ase), c(omposite), d(omain), e(num), r(ange), m(ultirange).
        category: ``typcategory``: S(tring), N(umeric), B(oolean), D(ate and time), ...
        element: what an array is of; None for what is no array.
        delimiter: what stands between such elements.
        base: what a domain is of; None for all others.
        modifier: what a domain gives to that: a length, a precision, ...; -1 for none.
        required: whether a domain refuses NULL.
        supplied: whether a domain has a default.
        inner: the subtype of a range, the range of a multirange.
        labels: those of an enum, in order.
        attributes: the types of a composite's attributes, in order.
        modifiers: theirs.
        checks: the definitions of a domain's checks.
    """

    oid: int
    name: str
    printed: str
    kind: str
    category: str
    element: int | None
    delimiter: str | None
    base: int | None
    modifier: int
    required: bool
    supplied: bool
    inner: int | None
    labels: list[str]
    attributes: list[int]
    modifiers: list[int]
    checks: list[str]


def read_types(cursor: Cursor) -> dict[int, Type]:
    """All types of the database by their oid."""
    return {row[0]: Type(*row) for row in cursor.execute(_QUERY)}


def domains(types: Mapping[int, Type], oid: int) -> list[Type]:
    """The domains that a value of the type must satisfy: itself and those that it is of; none where it is no domain."""
    found = []
    while (kind := types.get(oid)) and kind.base:
        found.append(kind)
        oid = kind.base
    return found
