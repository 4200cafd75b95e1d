"""All rows of one database as texts, by table and column."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

type Name = tuple[str, str]  # a table's schema and name
type Cells = Mapping[str, str | None]  # one row: the text of each column

MOST_ROWS = 300  # of a table; nothing is concluded from one that holds more

# Values are printed alike whatever the revision has set for its database.
_PRINTED = (
    "SET ROLE NONE; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres';"
    " SET extra_float_digits = 1; SET bytea_output = 'hex'"
)
_TABLES = """
SELECT c.oid::bigint, n.nspname::text, c.relname::text,
    ARRAY(SELECT a.attname::text FROM pg_index i CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
        WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.place),
    (SELECT jsonb_agg(jsonb_build_array(a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attgenerated <> '',
        a.attnotnull, a.atthasdef) ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
        AND e.deptype = 'e')
ORDER BY 2, 3
"""
_KEYS = """
SELECT k.conrelid::bigint, k.confrelid::bigint,
    ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY x (number, place)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.number ORDER BY x.place),
    ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY x (number, place)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.number ORDER BY x.place),
    k.confdeltype::text
FROM pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0 ORDER BY 1, 2, k.conname
"""

# Each column that a sequence counts, with the sequence: its own, or one that its default names.
COUNTED = """
SELECT DISTINCT c.oid::bigint, n.nspname::text, c.relname::text, a.attname::text, sn.nspname::text, s.relname::text
FROM pg_class s JOIN pg_namespace sn ON sn.oid = s.relnamespace JOIN pg_sequence q ON q.seqrelid = s.oid
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype IN ('a', 'i')
    OR d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = s.oid
LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
JOIN pg_attribute a ON a.attrelid = coalesce(f.adrelid, d.refobjid) AND a.attnum = coalesce(f.adnum, d.refobjsubid)
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND NOT c.relispartition
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE q.seqincrement > 0 AND (a.attidentity <> '' OR EXISTS (SELECT FROM pg_attrdef e WHERE e.adrelid = c.oid
    AND e.adnum = a.attnum AND pg_get_expr(e.adbin, e.adrelid) LIKE 'nextval(%'))
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
"""


@dataclass(frozen=True)
class Column:
    """One column: its number stays the same when it is renamed."""

    name: str
    number: int
    type: str
    generated: bool
    required: bool
    supplied: bool


@dataclass(frozen=True)
class Key:
    """A foreign key to ``referred`` of the table ``parent``, an oid; ``action``: its ON DELETE as in pg_constraint."""

    parent: int
    columns: tuple[str, ...]
    referred: tuple[str, ...]
    action: str


@dataclass(frozen=True)
class Table:
    """One table, a partitioned one as a whole.

    Attributes:
        primary: the columns of its primary key; empty where it has none.
        rows: at most ``MOST_ROWS``, ordered.
        whole: whether these are all.
    """

    oid: int
    name: Name
    primary: tuple[str, ...]
    columns: Mapping[str, Column]
    rows: tuple[Cells, ...]
    whole: bool = True
    keys: tuple[Key, ...] = ()

    def __str__(self) -> str:
        return ".".join(self.name)

    def numbered(self, number: int) -> Column | None:
        """The column with this number; None where it was dropped."""
        return next((one for one in self.columns.values() if one.number == number), None)


@dataclass(frozen=True)
class Snapshot:
    """One database at one moment.

    Attributes:
        tables: by oid.
        numbers: the next number that a sequence gives to a column, by the table's oid and the column, with its name.
    """

    tables: Mapping[int, Table] = field(default_factory=dict)
    numbers: Mapping[tuple[int, str], tuple[int, Name]] = field(default_factory=dict)

    def named(self, name: Name) -> Table | None:
        """The table of this name; None where there is none."""
        return next((one for one in self.tables.values() if one.name == name), None)

    def values(self) -> Iterator[tuple[Table, str, str]]:
        """Each value that is not NULL: its table, its column and its text."""
        for table in self.tables.values():
            for row in table.rows:
                yield from ((table, name, text) for name, text in row.items() if text is not None)


def read(connection: psycopg.Connection[Any], leave: Name) -> Snapshot:
    """What the database holds, but for the table ``leave``, in one round trip a table (in a pipeline)."""
    print_alike(connection)
    found = {row[0]: row for row in connection.execute(_TABLES).fetchall() if (row[1], row[2]) != leave}
    keys: dict[int, list[Key]] = {}
    for oid, parent, columns, referred, action in connection.execute(_KEYS).fetchall():
        keys.setdefault(oid, []).append(Key(parent, tuple(columns), tuple(referred), action))
    with connection.pipeline():
        cursors = {oid: connection.execute(_query(row)) for oid, row in found.items()}
    tables = {}
    for oid, cursor in cursors.items():
        _, schema, name, primary, described = found[oid]
        columns = {one[0]: Column(*one) for one in described or ()}
        fetched = cursor.fetchall()
        rows = tuple(dict(zip(columns, row, strict=True)) for row in fetched[:MOST_ROWS])
        whole = len(fetched) <= MOST_ROWS
        tables[oid] = Table(oid, (schema, name), tuple(primary), columns, rows, whole, tuple(keys.get(oid, ())))
    return Snapshot(tables, _numbers(connection))


def _numbers(connection: psycopg.Connection[Any]) -> dict[tuple[int, str], tuple[int, Name]]:
    counted = connection.execute(COUNTED).fetchall()
    query = sql.SQL("SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM {}")
    with connection.pipeline():
        cursors = [(one, connection.execute(query.format(sql.Identifier(*one[4:6])))) for one in counted]
    return {(one[0], one[3]): ((cursor.fetchone() or (0,))[0], (one[4], one[5])) for one, cursor in cursors}


def print_alike(connection: psycopg.Connection[Any]) -> None:
    """Let values be printed the same whatever the database's own settings are."""
    connection.execute(_PRINTED)


def _query(row: tuple[Any, ...]) -> sql.Composed:
    _, schema, name, primary, described = row
    columns = [sql.SQL("{}::text").format(sql.Identifier(one[0])) for one in described or ()]
    order = [sql.Identifier(one) for one in primary]
    return sql.SQL("SELECT {} FROM {} {} LIMIT {}").format(
        sql.SQL(", ").join(columns),
        sql.Identifier(schema, name),
        sql.SQL("ORDER BY {}").format(sql.SQL(", ").join(order)) if order else sql.SQL(""),
        MOST_ROWS + 1,
    )
