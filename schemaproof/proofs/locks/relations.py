"""The relations that are there before a revision, and the locks on them that somebody waits for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from schemaproof.migration.lines.partitions import Partitions

type Name = tuple[str, str]

# Whom a lock keeps out of a table.
Whom = Literal["reads", "writes"]
WHOM: tuple[Whom, ...] = ("reads", "writes")

# The modes that a plain SELECT, or a plain INSERT, waits for (manual, "Table-Level Locks").
_MODES: Mapping[Whom, frozenset[str]] = {
    "reads": frozenset({"AccessExclusiveLock"}),
    "writes": frozenset({"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock"}),
}
STRONG = frozenset[str]().union(*_MODES.values())

# As LOCK TABLE spells them, the strongest first.
_SPELLED = {
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ShareLock": "SHARE",
}

_RELATIONS = """
SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relkind::text, coalesce(i.indrelid, c.oid)::int8,
    rn.nspname::text, r.relname::text,
    coalesce((SELECT h.inhparent FROM pg_inherits h WHERE h.inhrelid = c.oid AND c.relispartition), 0)::int8
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_index i ON i.indexrelid = c.oid
LEFT JOIN pg_class r ON r.oid = coalesce(pg_partition_root(coalesce(i.indrelid, c.oid)), i.indrelid, c.oid)
LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I') AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
"""


@dataclass(frozen=True)
class Relation:
    """A table, materialized view or index.

    Attributes:
        oid: its number.
        schema: its schema.
        name: its name.
        kind: pg_class.relkind.
        table: the oid of the table of an index; else its own.
        root: schema and name of the partitioned table that it is part of; else of the table itself.
        above: the oid of the partitioned table, or index, that it is a partition of; 0 for none.
    """

    oid: int
    schema: str
    name: str
    kind: str
    table: int
    root: Name
    above: int = 0

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


def read_relations(connection: psycopg.Connection[Any], left_out: Collection[str]) -> dict[int, Relation]:
    """The relations that the connection's database holds now, by oid.

    Args:
        connection: in autocommit mode.
        left_out: the tables that are none of our business, as "schema.table", or "table" for any schema's.
    """
    known = {
        oid: Relation(oid, schema, name, kind, table, (place, whole), above)
        for oid, schema, name, kind, table, place, whole, above in connection.execute(_RELATIONS)
    }
    tables = {
        oid
        for oid, one in known.items()
        if not {str(one), one.name, one.root[1], ".".join(one.root)}.intersection(left_out)
    }

    return {oid: one for oid, one in known.items() if one.table in tables}


def partitions(table: Relation, relations: Mapping[int, Relation]) -> Partitions:
    """Those of the partitioned ``table``."""
    below: dict[Name, list[Name]] = {}
    for one in sorted(relations.values(), key=lambda one: (one.schema, one.name)):
        whole = relations.get(one.above)
        if whole is not None and one.kind in {"r", "p"}:
            below.setdefault((whole.schema, whole.name), []).append((one.schema, one.name))
    return Partitions(
        (table.schema, table.name), below, {(one.schema, one.name) for one in relations.values() if one.kind in "iI"}
    )


def locked(
    held: Mapping[int, frozenset[str]], relations: Mapping[int, Relation], whom: Whom | None = None
) -> dict[int, str]:
    """By the oid of each table that is locked against ``whom``, or against anybody, the strongest mode in words.

    Who plans a query on a table opens its indexes too. Nobody writes to a materialized view but a refresh.
    """
    wanted = STRONG if whom is None else _MODES[whom]
    found: dict[int, frozenset[str]] = {}
    for oid, modes in held.items():
        relation = relations.get(oid)
        if relation is None or relation.table not in relations:
            continue
        keeping = modes & wanted - (_MODES["writes"] if relation.kind not in {"r", "p"} else frozenset())
        if keeping:
            found[relation.table] = found.get(relation.table, frozenset()) | keeping
    return {oid: next(text for mode, text in _SPELLED.items() if mode in modes) for oid, modes in found.items()}
