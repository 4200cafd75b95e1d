"""Whether the server finds the children of a row by an index when it deletes the row."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from schemaproof.proofs.deletes.graph import Action
from schemaproof.proofs.deletes.keys import Key

# One row per index that can be used. An index can serve a comparison when its operator family has the operator and its
# collation is the column's (manual, 11.10 and 11.11). "" stands for an expression.
_INDEXES = """
SELECT i.indrelid, n.nspname::text, c.relname::text, am.amname::text, coalesce(a.attname::text, ''), oc.opcfamily,
    i.indcollation[0] IN (0, coalesce(a.attcollation, 0)), pg_get_expr(i.indpred, i.indrelid),
    ARRAY(SELECT o.attname::text FROM pg_attribute o
        WHERE o.attrelid = i.indrelid AND o.attnum = ANY ((i.indkey::int2[])[1:i.indnkeyatts - 1]))
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_am am ON am.oid = c.relam JOIN pg_opclass oc ON oc.oid = i.indclass[0]
LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] AND a.attnum > 0
WHERE i.indisvalid AND i.indisready AND i.indislive AND i.indrelid = ANY (%s::oid[])
ORDER BY 1, 3
"""

_FAMILIES = "SELECT amopfamily, amopopr FROM pg_amop WHERE amopopr = ANY (%s::oid[])"

# As pg_get_expr() prints it: ((a IS NOT NULL) AND ("B" IS NOT NULL)).
_NOT_NULL = re.compile(r'\(*("(?:[^"]|"")+"|[^"\s()]+) IS NOT NULL\)*')


class Backed(Enum):
    """Whether an index serves the lookup of children."""

    YES = "yes"
    PERHAPS = "perhaps"  # the planner decides, by values, by how rows lie, or by what the release can do
    NO = "no"


@dataclass(frozen=True)
class Index:
    """One index, as far as a lookup by equality is concerned.

    Attributes:
        name: schema and name, unquoted.
        method: "btree", "hash", ...
        leading: its first column; "" for an expression.
        family: the oid of that one's operator family.
        collated: whether it has that column's collation.
        predicate: of a partial index, as the server prints it; None for others.
        others: its columns but the first, and but those that it only includes.
    """

    name: str
    method: str
    leading: str
    family: int
    collated: bool
    predicate: str | None
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lookup:
    """How the children of a key are found.

    Attributes:
        key: the foreign key.
        backed: whether an index serves that, in each partition of a partitioned table.
        indexes: those of the table that have one of the key's columns, but may not serve.
        reached: whether the parent's rows are themselves deleted by a cascade.
    """

    key: Key
    backed: Backed
    indexes: tuple[Index, ...]
    reached: bool

    @property
    def followed(self) -> bool:
        """Whether a delete goes on to the children, or comes to the parent by way of another key."""
        return self.reached or not self.key.on_delete.refuses


def read_lookups(connection: psycopg.Connection[Any], keys: Collection[Key]) -> tuple[Lookup, ...]:
    """One for each of ``keys`` that the server enforces, from the catalog alone."""
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        indexes: dict[int, list[Index]] = {}
        cursor.execute(_INDEXES, [list({leaf for key in keys for leaf in key.leaves})])
        for table, schema, name, method, leading, family, collated, predicate, others in cursor:
            index = Index(f"{schema}.{name}", method, leading, family, collated, predicate, tuple(others))
            indexes.setdefault(table, []).append(index)
        cursor.execute(_FAMILIES, [list({operator.oid for key in keys for operator in key.operators})])
        families = {(family, operator) for family, operator in cursor}
        cursor.execute(
            "SELECT c.relid, coalesce(pg_partition_root(c.relid), c.relid)::oid FROM unnest(%s::oid[]) c (relid)",
            [list({relation.oid for key in keys for relation in (key.parent, key.child)})],
        )
        roots: dict[int, int] = dict(cursor.fetchall())
    cascaded = {roots[key.child.oid] for key in keys if key.enforced and key.on_delete is Action.CASCADE}
    return tuple(
        _lookup(key, indexes, families, reached=roots[key.parent.oid] in cascaded) for key in keys if key.enforced
    )


def _lookup(
    key: Key, indexes: Mapping[int, Iterable[Index]], families: Collection[tuple[int, int]], *, reached: bool
) -> Lookup:
    operators = {column: operator.oid for column, operator in zip(key.columns, key.operators, strict=True)}
    answers, doubtful = [], []
    for leaf in key.leaves:
        leading = [index for index in indexes.get(leaf, ()) if index.leading in operators]
        served = [_serves(index, (index.family, operators[index.leading]) in families, key) for index in leading]
        # From PostgreSQL 18 on a scan may skip from one value of the columns before to the next (manual, 11.3).
        further = [
            one for one in indexes.get(leaf, ()) if one not in leading and not operators.keys().isdisjoint(one.others)
        ]
        answers.append(Backed.YES if Backed.YES in served else Backed.PERHAPS if leading or further else Backed.NO)
        if Backed.YES not in served:
            doubtful += [*leading, *further]
    worst = Backed.NO if Backed.NO in answers else Backed.PERHAPS if Backed.PERHAPS in answers else Backed.YES
    return Lookup(key, worst, tuple(doubtful), reached)


def _serves(index: Index, knows_operator: bool, key: Key) -> Backed:
    # A BRIN index finds blocks, not rows: how many depends on where the rows lie.
    certain = knows_operator and index.collated and index.method != "brin" and _implied(index.predicate, key.columns)
    return Backed.YES if certain else Backed.PERHAPS


def _implied(predicate: str | None, columns: Collection[str]) -> bool:
    """Whether ``predicate`` is true of every row in which ``columns`` equal something: then none of them is NULL."""
    if predicate is None:
        return True
    matches = [_NOT_NULL.fullmatch(part) for part in predicate.split(" AND ")]
    return all(match is not None and _unquoted(match[1]) in columns for match in matches)


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
