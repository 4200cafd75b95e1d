"""The tables of a database that rows can be put into, with what decides which rows they accept."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import batched
from typing import LiteralString

from psycopg import sql

from schemaproof.rows.types import Cursor, Type, domains

# Each query is prepared, which spares most of its time when it comes again. After a change of one of its tables it is
# planned anew: by oid, so that new tables leave the other queries as they are, and few, as each is locked meanwhile.
_ASKED_AT_ONCE = 50

# Tables that are neither the system's, nor an extension's, nor another session's, nor part of a partitioned table.
_TABLES = """
SELECT c.oid, n.nspname::text, c.relname::text, c.relkind = 'p',
    has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
    AND has_table_privilege(c.oid, 'INSERT')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
        AND e.deptype = 'e')
ORDER BY 2, 3
"""

_COLUMNS = """
SELECT attrelid, attname::text, atttypid, atttypmod, attnotnull, atthasdef OR attidentity <> '',
    attidentity <> '' OR EXISTS (SELECT FROM pg_attrdef d WHERE d.adrelid = attrelid AND d.adnum = attnum
        AND pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%%'), attgenerated <> ''
FROM pg_attribute WHERE attrelid = ANY (%s::oid[]) AND attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum
"""

_NAMES = (
    "ARRAY(SELECT a.attname::text FROM unnest({}) WITH ORDINALITY x (number, place)"
    " JOIN pg_attribute a ON a.attrelid = {} AND a.attnum = x.number ORDER BY x.place)"
)

# What a key to a partitioned table has per partition is PostgreSQL's own business.
_KEYS = f"""
SELECT k.conrelid, k.conname::text, {_NAMES.format("k.conkey", "k.conrelid")},
    coalesce(pg_partition_root(k.confrelid), k.confrelid)::oid, n.nspname::text, p.relname::text, p.relkind = 'p',
    {_NAMES.format("k.confkey", "k.confrelid")}, k.confmatchtype = 'f', k.condeferrable
FROM pg_constraint k JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace n ON n.oid = p.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = ANY (%s::oid[]) ORDER BY 1, 2
"""  # noqa: S608 (no input)

# Checks and exclusions; whatever is unique, by an index alone too; what becomes of a row of a partitioned table.
_RULES = f"""
SELECT k.conrelid, k.conname::text, {_NAMES.format("k.conkey", "k.conrelid")}, false,
    CASE k.contype WHEN 'c' THEN pg_get_constraintdef(k.oid) ELSE '' END
FROM pg_constraint k WHERE k.contype IN ('c', 'x') AND k.conrelid = ANY (%(some)s::oid[])
UNION ALL
SELECT i.indrelid, c.relname::text, {_NAMES.format("i.indkey::int2[]", "i.indrelid")}, true, ''
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indisunique AND i.indrelid = ANY (%(some)s::oid[])
UNION ALL
SELECT r.oid, '', {_NAMES.format("p.partattrs::int2[]", "p.partrelid")}, false,
    (SELECT coalesce(string_agg(pg_get_expr(c.relpartbound, c.oid), ', ' ORDER BY h.inhseqno, c.relname), '')
    FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid WHERE h.inhparent = p.partrelid)
FROM unnest(%(some)s::oid[]) r (oid) CROSS JOIN LATERAL pg_partition_tree(r.oid) t
JOIN pg_partitioned_table p ON p.partrelid = t.relid
ORDER BY 1, 2
"""  # noqa: S608 (no input)


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: its name.
        type: its type's oid.
        modifier: its length, precision, ...; -1 for none.
        required: whether it, or the domain that it is of, refuses NULL.
        supplied: whether the server has a value for it: by default, of a sequence, generated.
        counted: whether that is of a sequence.
        generated: whether it takes no other.
    """

    name: str
    type: int
    modifier: int
    required: bool
    supplied: bool
    counted: bool
    generated: bool


@dataclass(frozen=True)
class Key:
    """One foreign key.

    Attributes:
        columns: of the table that has it.
        root: the oid of the table that it refers to; that of the whole where it refers to a partition.
        parent: schema and name of the table that it refers to.
        partitioned: whether that is a partitioned one.
        referenced: its columns, in the order of ``columns``.
        whole: whether either all or none of the columns must be NULL (MATCH FULL).
        deferrable: whether it can be left unsatisfied until the end of a transaction.
    """

    columns: tuple[str, ...]
    root: int
    parent: tuple[str, str]
    partitioned: bool
    referenced: tuple[str, ...]
    whole: bool
    deferrable: bool


@dataclass(frozen=True)
class Rule:
    """What refuses some rows: a check, a unique index, an exclusion constraint, the bounds of partitions.

    Attributes:
        columns: those that it names.
        unique: whether no two rows may have the same there.
        definition: what is compared with them, as the server prints it; "" where nothing is.
    """

    columns: tuple[str, ...]
    unique: bool
    definition: str


@dataclass(frozen=True)
class Table:
    """One table; ``keys`` and ``rules`` by the name of the constraint, "" is the choice of a partition.

    Attributes:
        permitted: whether the connection's role may read and write it.
    """

    oid: int
    schema: str
    name: str
    partitioned: bool
    permitted: bool
    columns: dict[str, Column] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    rules: dict[str, list[Rule]] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    def hard(self, key: Key) -> bool:
        """Whether no NULL can satisfy the key."""
        refusing = [self.columns[name].required for name in key.columns]
        return any(refusing) if key.whole else all(refusing)

    def unique(self, column: str) -> bool:
        """Whether the column is part of something unique."""
        return any(rule.unique and column in rule.columns for rules in self.rules.values() for rule in rules)


def read_tables(cursor: Cursor) -> list[Table]:
    """All tables that rows can be put into, by name; yet without columns, keys and rules."""
    return [Table(*row) for row in cursor.execute(_TABLES)]


def empty_ones(cursor: Cursor, tables: Iterable[Table]) -> list[Table]:
    """Those of ``tables`` without a row; what tables that inherit from one hold is not its own."""
    full: set[int] = set()
    tables = list(tables)
    for some in batched(sorted(tables, key=lambda one: one.oid), _ASKED_AT_ONCE):
        query = _probes(tuple((one.schema, one.name, one.partitioned) for one in some))
        (held,) = cursor.execute(query, prepare=True).fetchone() or ([],)
        full |= {one.oid for one, holds in zip(some, held, strict=True) if holds}
    return [one for one in tables if one.oid not in full]


@lru_cache(maxsize=256)  # quoting the names takes as long as asking
def _probes(tables: tuple[tuple[str, str, bool], ...]) -> LiteralString:
    """The query for which of these tables hold a row: schema, name, and whether it is partitioned."""
    probes = [
        sql.SQL("EXISTS (SELECT FROM {}{})").format(sql.SQL("" if whole else "ONLY "), sql.Identifier(schema, name))
        for schema, name, whole in tables
    ]
    return sql.SQL("SELECT ARRAY[{}]").format(sql.SQL(", ").join(probes)).as_string()


def describe(cursor: Cursor, tables: Collection[Table], types: Mapping[int, Type]) -> None:
    """Give ``tables`` their columns, keys and rules."""
    by_oid = {table.oid: table for table in tables}
    for oid, name, kind, modifier, *told, generated in cursor.execute(_COLUMNS, [list(by_oid)]):
        above = domains(types, kind)
        required = told[0] or any(one.required for one in above)
        supplied = told[1] or any(one.supplied for one in above)
        by_oid[oid].columns[name] = Column(name, kind, modifier, required, supplied, told[2], generated)
    for oid, name, columns, root, schema, parent, partitioned, referenced, whole, deferrable in cursor.execute(
        _KEYS, [list(by_oid)]
    ):
        by_oid[oid].keys[name] = Key(
            tuple(columns), root, (schema, parent), partitioned, tuple(referenced), whole, deferrable
        )
    for oid, name, columns, unique, definition in cursor.execute(_RULES, {"some": list(by_oid)}):
        by_oid[oid].rules.setdefault(name, []).append(Rule(tuple(columns), unique, definition))
