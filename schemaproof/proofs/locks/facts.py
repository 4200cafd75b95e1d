"""What a statement made of a table, as the catalog tells it: which of the known kinds of work it was."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import psycopg

Kind = Literal[
    "type", "volatile", "stored", "identity", "rewrite", "not-null", "check", "foreign-key", "unique", "index",
    "validate", "refresh", "exclude",
]  # fmt: skip

# Of {tables}, a list of oids.
_FACTS = """
pg_catalog.json_build_object(
    'files', (SELECT pg_catalog.json_object_agg(c.oid, pg_catalog.pg_relation_filenode(c.oid))
        FROM pg_catalog.pg_class c WHERE c.oid IN ({tables}) AND c.relkind IN ('r', 'm')),
    'views', (SELECT pg_catalog.json_agg(c.oid) FROM pg_catalog.pg_class c WHERE c.oid IN ({tables})
        AND c.relkind = 'm'),
    'columns', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attrelid::int8, a.attnum, a.attname,
            pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated <> '', a.attidentity <> '',
            CASE WHEN a.atthasdef THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END))
        FROM pg_catalog.pg_attribute a
        LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid IN ({tables}) AND a.attnum > 0 AND NOT a.attisdropped),
    'indexes', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(i.indexrelid::int8, i.indrelid::int8, c.relname,
            i.indisunique, ARRAY(SELECT a.attname
                FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k (number, place)
                JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number ORDER BY k.place)))
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE i.indrelid IN ({tables})),
    'constraints', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(k.oid::int8, k.conrelid::int8, k.conname,
            k.contype, k.convalidated, pg_catalog.pg_get_constraintdef(k.oid), k.confrelid::int8, k.conindid::int8))
        FROM pg_catalog.pg_constraint k
        WHERE k.conrelid IN ({tables}) OR k.confrelid IN ({tables}))
)
"""


def facts_query(tables: Collection[int]) -> str:
    """The expression for what ``tables``, by their oids, are like."""
    return _FACTS.replace("{tables}", ", ".join(map(str, sorted(tables))))


@dataclass(frozen=True)
class Made:
    """One thing that a statement made of a table.

    Attributes:
        kind: what.
        table: the table's oid.
        name: of the column, the index or the constraint; "" for the table as a whole.
        definition: the column's type; the constraint's definition.
        columns: those of an index or of a constraint with one.
        unique: whether an index is.
        other: the oid of the table that a foreign key refers to.
    """

    kind: Kind
    table: int
    name: str = ""
    definition: str = ""
    columns: tuple[str, ...] = ()
    unique: bool = False
    other: int = 0


@dataclass(frozen=True)
class Facts:
    """Some tables at one moment, as far as a statement's work shows in it; each by its oids."""

    files: Mapping[int, int]
    views: frozenset[int]
    columns: Mapping[tuple[int, int], tuple[Any, ...]]
    indexes: Mapping[int, tuple[Any, ...]]
    constraints: Mapping[int, tuple[Any, ...]]

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """What ``facts_query`` has found."""
        return cls(
            {int(oid): file for oid, file in (found["files"] or {}).items()},
            frozenset(map(int, found["views"] or ())),
            {(table, number): tuple(rest) for table, number, *rest in found["columns"] or ()},
            {oid: tuple(rest) for oid, *rest in found["indexes"] or ()},
            {oid: tuple(rest) for oid, *rest in found["constraints"] or ()},
        )

    @classmethod
    def read(cls, connection: psycopg.Connection[Any], tables: Collection[int]) -> Self:
        """Those of ``tables``, as ``connection`` sees them."""
        (found,) = connection.execute(f"SELECT {facts_query(tables)}").fetchone() or ({},)
        return cls.of(found)

    def made(self, before: "Facts") -> list[Made]:
        """What was made since ``before``."""
        found = [*self._columns(before), *self._constraints(before), *self._indexes(before)]
        # A statement that rewrites a table builds its indexes anew: that is no work of its own.
        rewritten = {oid for oid, file in self.files.items() if before.files.get(oid, file) != file}
        for oid in sorted(rewritten - {one.table for one in found if one.kind in _REWRITES}):
            found.append(Made("refresh" if oid in self.views else "rewrite", oid))
        return [one for one in found if one.kind not in _REWRITES or one.table in rewritten]

    def _columns(self, before: "Facts") -> Iterator[Made]:
        for (table, number), (name, kind, required, generated, identity, default) in self.columns.items():
            was = before.columns.get((table, number))
            if was is None:
                what: Kind = "stored" if generated else "identity" if identity else "volatile"
                if table in before.files:
                    yield Made(what, table, name, kind if what != "volatile" else f"{kind} DEFAULT {default}")
            else:
                if was[1] != kind:
                    yield Made("type", table, name, kind)
                if required and not was[2]:
                    yield Made("not-null", table, name, kind)

    def _constraints(self, before: "Facts") -> Iterator[Made]:
        kinds: dict[str, Kind] = {"c": "check", "f": "foreign-key", "u": "unique", "p": "unique", "x": "exclude"}
        known = {table for table, _ in before.columns}
        for oid, (table, name, kind, validated, definition, other, index) in self.constraints.items():
            if table not in known:
                continue  # a new one refers to it, or it is not asked for
            was = before.constraints.get(oid)
            columns = tuple(self.indexes[index][3]) if index in self.indexes and kind != "f" else ()
            if was is not None and validated and not was[3]:
                yield Made("validate", table, name, definition, columns, other=other)
            elif was is None and validated and kind in kinds and not (kind in "up" and index in before.indexes):
                yield Made(kinds[kind], table, name, definition, columns, kind in "up", other)

    def _indexes(self, before: "Facts") -> Iterator[Made]:
        of_constraints = {one[-1] for one in self.constraints.values() if one[2] != "f"}
        for oid, (table, name, unique, columns) in self.indexes.items():
            if oid not in before.indexes and oid not in of_constraints:
                yield Made("index", table, name, columns=tuple(columns), unique=unique)


_REWRITES = {"type", "volatile", "stored", "identity"}
