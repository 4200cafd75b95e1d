"""What tables refuse rows for, as expressions that the server can evaluate: checks, unique indexes, exclusions."""

from collections.abc import Collection
from dataclasses import dataclass, field

from schemaproof.rows.tables import Table
from schemaproof.rows.types import Cursor

_COLUMNS = """
SELECT a.attrelid, a.attname::text, format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = ANY (%s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
"""

# A partitioned table takes the rows that one of its leaves takes.
_CHECKS = """
SELECT k.conrelid, k.conname::text, pg_get_expr(k.conbin, k.conrelid),
    ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = ANY (k.conkey))
FROM pg_constraint k WHERE k.contype = 'c' AND k.conrelid = ANY (%(some)s::oid[])
UNION ALL
SELECT r.oid, '', coalesce(string_agg('(' || coalesce(pg_get_partition_constraintdef(t.relid), 'true') || ')', ' OR '
        ORDER BY t.relid::regclass::text), 'false'),
    ARRAY(SELECT DISTINCT a.attname::text FROM pg_partition_tree(r.oid) b
        JOIN pg_partitioned_table p ON p.partrelid = b.relid
        JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = ANY (p.partattrs::int2[]) ORDER BY 1)
FROM unnest(%(some)s::oid[]) r (oid) JOIN pg_class c ON c.oid = r.oid AND c.relkind = 'p'
LEFT JOIN LATERAL pg_partition_tree(r.oid) t ON t.isleaf AND t.relid <> r.oid GROUP BY r.oid
ORDER BY 1, 2
"""

_UNIQUES = """
SELECT i.indrelid, c.relname::text, ARRAY(SELECT pg_get_indexdef(i.indexrelid, n, true)
        FROM generate_series(1, i.indnkeyatts::int) n ORDER BY n),
    ARRAY(SELECT coalesce(a.attname::text, '') FROM generate_series(0, i.indnkeyatts - 1) n
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[n] AND a.attnum > 0 ORDER BY n),
    ARRAY(SELECT DISTINCT a.attname::text FROM pg_depend d
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attnum > 0
        WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid ORDER BY 1),
    pg_get_expr(i.indpred, i.indrelid), coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::bool, false),
    i.indisexclusion, i.indisprimary
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE (i.indisunique OR i.indisexclusion) AND i.indrelid = ANY (%s::oid[]) ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Check:
    """A check, or where it has no name the choice of a partition: the rows for which ``expression`` is not false."""

    name: str
    expression: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Unique:
    """A unique index or an exclusion constraint.

    Attributes:
        parts: what it compares, as the server prints it.
        columns: those that its parts are or mention.
        plain: whether its parts are ``columns`` themselves, in order.
        predicate: of the rows that it is about; None where it is about all.
        tested: the columns that the predicate may mention.
        nulls_equal: NULLS NOT DISTINCT.
        exclusion: whether it is an exclusion constraint.
        primary: whether it is the primary key's.
    """

    name: str
    parts: tuple[str, ...]
    columns: tuple[str, ...]
    plain: bool
    predicate: str | None
    tested: tuple[str, ...]
    nulls_equal: bool
    exclusion: bool
    primary: bool


@dataclass(frozen=True)
class Constraints:
    """One table's.

    Attributes:
        printed: the type of each column with its modifier, as the server prints it.
        collations: of the columns that have another one than their type.
    """

    printed: dict[str, str] = field(default_factory=dict)
    collations: dict[str, str] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    uniques: list[Unique] = field(default_factory=list)


def read_constraints(cursor: Cursor, tables: Collection[Table]) -> dict[int, Constraints]:
    """The constraints of ``tables``, by the table's oid; all names in them are qualified.

    The transaction around it has another ``search_path`` meanwhile.
    """
    (path,) = cursor.execute("SELECT current_setting('search_path')").fetchone() or ("",)
    cursor.execute("SET LOCAL search_path TO ''")
    found = {table.oid: Constraints() for table in tables}
    for oid, name, printed, collation in cursor.execute(_COLUMNS, [list(found)]):
        found[oid].printed[name] = printed
        if collation:
            found[oid].collations[name] = collation
    for oid, name, expression, columns in cursor.execute(_CHECKS, {"some": list(found)}):
        found[oid].checks.append(Check(name, expression, tuple(columns)))
    for oid, name, parts, members, mentioned, predicate, *flags in cursor.execute(_UNIQUES, [list(found)]):
        plain = all(members)
        columns = tuple(members) if plain else tuple(dict.fromkeys([*filter(None, members), *mentioned]))
        tested = tuple(mentioned) if predicate else ()
        found[oid].uniques.append(Unique(name, tuple(parts), columns, plain, predicate, tested, *flags))
    cursor.execute("SELECT set_config('search_path', %s, true)", [path])
    return found
