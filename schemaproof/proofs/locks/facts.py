"""What a statement made of a table, as the catalog tells it: which of the known kinds of work it was."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import psycopg

Kind = Literal[
    "type", "rebuilt", "rechecked", "volatile", "stored", "identity", "rewrite", "not-null", "check", "foreign-key",
    "unique", "index", "validate", "refresh", "exclude",
]  # fmt: skip

# Of {tables}, a list of oids.
_FACTS = """
pg_catalog.json_build_object(
    'files', (SELECT pg_catalog.json_object_agg(c.oid, pg_catalog.pg_relation_filenode(c.oid))
        FROM pg_catalog.pg_class c WHERE c.oid IN ({tables}) AND c.relkind IN ('r', 'm')),
    'views', (SELECT pg_catalog.json_agg(c.oid) FROM pg_catalog.pg_class c WHERE c.oid IN ({tables})
        AND c.relkind = 'm'),
    'leaves', (SELECT pg_catalog.json_object_agg(c.oid, ARRAY(SELECT t.relid::oid::int8
            FROM pg_catalog.pg_partition_tree(c.oid) t WHERE t.isleaf))
        FROM pg_catalog.pg_class c WHERE c.oid IN ({tables}) AND c.relkind = 'p'),
    'columns', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attrelid::int8, a.attnum, a.attname,
            pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated <> '', a.attidentity <> '',
            CASE WHEN a.atthasdef THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END,
            (SELECT a.attcollation::regcollation::text FROM pg_catalog.pg_type t
                WHERE t.oid = a.atttypid AND a.attcollation <> t.typcollation)))
        FROM pg_catalog.pg_attribute a
        LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid IN ({tables}) AND a.attnum > 0 AND NOT a.attisdropped),
    'indexes', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(i.indexrelid::int8, i.indrelid::int8, c.relname,
            i.indisunique, ARRAY(SELECT a.attname
                FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k (number, place)
                JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number ORDER BY k.place),
            pg_catalog.pg_get_indexdef(i.indexrelid), ARRAY(SELECT d.refobjsubid FROM pg_catalog.pg_depend d
                WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid
                    AND d.refclassid = d.classid AND d.refobjid = i.indrelid)))
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE i.indrelid IN ({tables})),
    'constraints', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(k.oid::int8, k.conrelid::int8, k.conname,
            k.contype, k.convalidated, pg_catalog.pg_get_constraintdef(k.oid), k.confrelid::int8, k.conindid::int8,
            coalesce(k.conkey, '{}'), coalesce(k.confkey, '{}')))
        FROM pg_catalog.pg_constraint k
        WHERE k.conrelid IN ({tables}) OR k.confrelid IN ({tables}))
)
"""


def facts_query(tables: Collection[int]) -> str:
    """The expression for what ``tables``, by their oids, are like."""
    return _FACTS.replace("{tables}", ", ".join(map(str, sorted(tables))))


@dataclass(frozen=True)
class Beside:
    """What a column has beside its type: one that takes its place needs it too.

    Attributes:
        required: whether it is NOT NULL.
        default: its default; None without one.
        sequence: whether a sequence belongs to it.
        generated: whether it is computed from others.
        indexes: name and definition of each index that is no constraint's.
        checks: name and definition of each CHECK.
        keys: the names of the keys that it is part of.
        referring: the names of the foreign keys that refer to it.
    """

    required: bool = False
    default: str | None = None
    sequence: bool = False
    generated: bool = False
    indexes: tuple[tuple[str, str], ...] = ()
    checks: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] = ()
    referring: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """One thing that a statement made of a table.

    Attributes:
        kind: what.
        table: the table's oid.
        name: of the column, the index or the constraint; "" for the table as a whole.
        definition: the column's type, with its collation where that is not the type's; that of the constraint or index.
        columns: those of an index or of a constraint with one.
        unique: whether an index is.
        other: the oid of the table that a foreign key refers to.
        beside: what a column has that takes another one's place, or that is to be filled.
        collated: whether its collation is another one.
    """

    kind: Kind
    table: int
    name: str = ""
    definition: str = ""
    columns: tuple[str, ...] = ()
    unique: bool = False
    other: int = 0
    beside: Beside = Beside()
    collated: bool = False


@dataclass(frozen=True)
class Facts:
    """Some tables at one moment, as far as a statement's work shows in it; each by its oids."""

    files: Mapping[int, int]
    views: frozenset[int]
    leaves: Mapping[int, frozenset[int]]  # of a partitioned table, the partitions that hold its rows
    columns: Mapping[tuple[int, int], tuple[Any, ...]]
    indexes: Mapping[int, tuple[Any, ...]]
    constraints: Mapping[int, tuple[Any, ...]]

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """What ``facts_query`` has found."""
        return cls(
            {int(oid): file for oid, file in (found["files"] or {}).items()},
            frozenset(map(int, found["views"] or ())),
            {int(oid): frozenset(some) for oid, some in (found["leaves"] or {}).items()},
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
        # A statement that rewrites a table builds its indexes anew: that is no work of its own.
        rewritten = {oid for oid, file in self.files.items() if before.files.get(oid, file) != file}
        rewritten |= {oid for oid, leaves in self.leaves.items() if leaves & rewritten}
        again = [one for key in self._retyped(before) for one in self._again(before, key, rewritten)]
        found = [*again, *self._columns(before), *self._constraints(before), *self._indexes(before)]
        for oid in sorted(rewritten - {one.table for one in found if one.kind in _REWRITES}):
            found.append(Made("refresh" if oid in self.views else "rewrite", oid))
        return [one for one in found if one.kind not in _REWRITES or one.table in rewritten]

    def _retyped(self, before: "Facts") -> list[tuple[int, int]]:
        """The columns of another type or collation."""
        return [
            key
            for key, column in self.columns.items()
            if key in before.columns and (column[1], column[-1]) != (before.columns[key][1], before.columns[key][-1])
        ]

    def _again(self, before: "Facts", key: tuple[int, int], rewritten: Collection[int]) -> Iterator[Made]:
        """What is done again for another type or collation of the column ``key``: PostgreSQL makes it all anew."""
        table, _ = key
        name, kind, *_, collation = self.columns[key]
        replaced = self._replaced(before, key)
        what: Kind = "type" if table in rewritten else "rebuilt" if replaced & self.indexes.keys() else "rechecked"
        if what == "type" or replaced:
            yield Made(
                what,
                table,
                name,
                f"{kind} COLLATE {collation}" if collation else kind,
                beside=self._beside(key),
                collated=collation != before.columns[key][-1],
            )

    def _replaced(self, before: "Facts", key: tuple[int, int]) -> set[int]:
        """The oids of the indexes and constraints on the column that take the place of others of the same name."""
        about = {oid: one for oid, one in self.constraints.items() if _about(one, key)}
        theirs = {one[6] for one in about.values() if one[2] != "f"}
        indexes = {oid: one for oid, one in self.indexes.items() if oid in theirs or _holds(one, key)}
        known = {one[:2] for some in (before.indexes, before.constraints) for one in some.values()}
        new = (about.keys() | indexes.keys()) - before.indexes.keys() - before.constraints.keys()
        return {oid for oid in new if (about | indexes)[oid][:2] in known}

    def _beside(self, key: tuple[int, int]) -> Beside:
        table, number = key
        _, _, required, generated, identity, default, _ = self.columns[key]
        about = [one for one in self.constraints.values() if _about(one, key)]
        of_constraints = self._of_constraints()
        return Beside(
            required,
            None if generated or identity else default,
            identity or (default or "").startswith("nextval("),
            generated,
            tuple(
                sorted(
                    (one[1], one[4])
                    for oid, one in self.indexes.items()
                    if _holds(one, key) and oid not in of_constraints
                )
            ),
            tuple(sorted((one[1], one[4]) for one in about if one[2] == "c")),
            tuple(sorted(one[1] for one in about if one[2] in "pufx" and one[0] == table and number in one[7])),
            tuple(sorted(one[1] for one in about if one[2] == "f" and one[5] == table and number in one[8])),
        )

    def _columns(self, before: "Facts") -> Iterator[Made]:
        for (table, number), (name, kind, required, generated, identity, default, _) in self.columns.items():
            was = before.columns.get((table, number))
            if was is None:
                what: Kind = "stored" if generated else "identity" if identity else "volatile"
                if table in before.files or table in before.leaves:
                    definition = kind if what != "volatile" else f"{kind} DEFAULT {default}"
                    yield Made(what, table, name, definition, beside=Beside(required and what == "volatile"))
            elif required and not was[2]:
                yield Made("not-null", table, name, kind)

    def _constraints(self, before: "Facts") -> Iterator[Made]:
        kinds: dict[str, Kind] = {"c": "check", "f": "foreign-key", "u": "unique", "p": "unique", "x": "exclude"}
        known = {table for table, _ in before.columns}
        replaced = self._all_replaced(before)
        for oid, (table, name, kind, validated, definition, other, index, *_) in self.constraints.items():
            if table not in known or oid in replaced:
                continue  # a new one refers to it, it is not asked for, or it was there
            was = before.constraints.get(oid)
            columns = tuple(self.indexes[index][3]) if index in self.indexes and kind != "f" else ()
            if was is not None and validated and not was[3]:
                yield Made("validate", table, name, definition, columns, other=other)
            elif was is None and validated and kind in kinds and not (kind in "up" and index in before.indexes):
                yield Made(kinds[kind], table, name, definition, columns, kind in "up", other)

    def _indexes(self, before: "Facts") -> Iterator[Made]:
        left_out = self._of_constraints() | self._all_replaced(before)
        for oid, (table, name, unique, columns, definition, *_) in self.indexes.items():
            if oid not in before.indexes and oid not in left_out:
                yield Made("index", table, name, definition, tuple(columns), unique)

    def _of_constraints(self) -> set[int]:
        """The indexes that constraints have."""
        return {one[6] for one in self.constraints.values() if one[2] != "f"}

    def _all_replaced(self, before: "Facts") -> set[int]:
        return {oid for key in self._retyped(before) for oid in self._replaced(before, key)}


def _holds(index: tuple[Any, ...], key: tuple[int, int]) -> bool:
    """Whether ``index`` is on the column."""
    return index[0] == key[0] and key[1] in index[5]


def _about(constraint: tuple[Any, ...], key: tuple[int, int]) -> bool:
    """Whether ``constraint`` is about the column, on either side."""
    table, number = key
    here, there = constraint[0] == table and number in constraint[7], constraint[5] == table and number in constraint[8]
    return here or there


_REWRITES = {"type", "volatile", "stored", "identity"}
