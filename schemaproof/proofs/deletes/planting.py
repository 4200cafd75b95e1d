"""Rows planted around a foreign key, and deletes of a parent that nothing else hinders."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from schemaproof.proofs.deletes.keys import Key, Relation

type Cursor = psycopg.Cursor[tuple[Any, ...]]

# By type, an expression of a number n from 1 to 10,000 that is another value for each, and hardly one that a row has.
_DISTINCT = {
    **dict.fromkeys(("int2", "int4", "int8", "numeric", "float4", "float8", "oid"), "20000 + {}"),
    **dict.fromkeys(("text", "varchar", "bpchar"), "(20000 + {})::text"),  # five characters
    "uuid": "md5({}::text)::uuid",
    "date": "date '2100-01-01' + {}",
    **dict.fromkeys(("timestamp", "timestamptz"), "timestamp '2100-01-01' + {} * interval '1 minute'"),
}

# A domain's type is the one that it is made of, in the end.
_TYPES = """
WITH RECURSIVE made AS (
    SELECT a.attname::text AS name, a.atttypid AS type FROM pg_attribute a
    WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT m.name, t.typbasetype FROM made m JOIN pg_type t ON t.oid = m.type AND t.typtype = 'd'
)
SELECT m.name, t.typname::text FROM made m JOIN pg_type t ON t.oid = m.type AND t.typtype <> 'd'
"""

# Columns that take a value, and whether a unique index or an exclusion constraint is about them.
_COLUMNS = """
SELECT a.attname::text, EXISTS (SELECT FROM pg_index i
        WHERE i.indrelid = a.attrelid AND (i.indisunique OR i.indisexclusion) AND a.attnum = ANY (i.indkey))
FROM pg_attribute a WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
"""

_OTHER_KEYS = """
SELECT n.nspname::text, c.relname::text, k.conname::text
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.oid <> %s
    AND (k.confrelid = %s OR k.confrelid IN (SELECT relid FROM pg_partition_tree(%s)))
"""

_BLOCKED_AT_MOST = 20  # attempts, each without one more of the keys that refuse


class PlantingError(Exception):
    """There is no way to put the rows there; the text says why."""


def distinct_values(
    cursor: Cursor, relation: Relation, columns: Sequence[str], number: sql.Composable
) -> list[sql.Composed] | None:
    """For each of ``columns`` an expression that gives another value for each ``number`` from 1 to 10,000.

    None where there is none for the type of one.
    """
    types: dict[str, str] = dict(cursor.execute(_TYPES, [relation.oid]))
    if not all(types[column] in _DISTINCT for column in columns):
        return None
    return [sql.SQL(_DISTINCT[types[column]]).format(number) for column in columns]


def places(cursor: Cursor, relation: Relation, condition: sql.Composable, limit: int) -> list[sql.Composed]:
    """The conditions that name up to ``limit`` rows for which ``condition`` holds, one each; both are about ``p``."""
    query = sql.SQL("SELECT p.tableoid, p.ctid::text FROM {} p WHERE {} ORDER BY ROW(p.*)::text LIMIT {}")
    cursor.execute(query.format(relation.source, condition, sql.Literal(limit)))
    return [
        sql.SQL("p.tableoid = {} AND p.ctid = {}").format(sql.Literal(table), sql.Literal(place))
        for table, place in cursor
    ]


def execute_unblocked(cursor: Cursor, key: Key, statement: sql.Composed) -> int:
    """How many rows ``statement`` changed, checks that wait for COMMIT included.

    Other foreign keys that refuse it are dropped: what they say is not asked. To be called in a transaction that is
    rolled back.

    Raises:
        psycopg.DatabaseError: what the server refuses it with.
    """
    for left in reversed(range(_BLOCKED_AT_MOST)):
        try:
            with cursor.connection.transaction():
                cursor.execute(statement)
                count = cursor.rowcount
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                return count
        except (psycopg.errors.ForeignKeyViolation, psycopg.errors.RestrictViolation) as error:
            said = error.diag
            if said.constraint_name is None or said.constraint_name == key.name or not left:
                raise
            _drop(cursor, said.schema_name or "", said.table_name or "", said.constraint_name)
    raise AssertionError  # the last attempt returns or raises


def drop_other_keys(cursor: Cursor, key: Key) -> None:
    """Drop all foreign keys that refer to the parent of ``key``, but for itself."""
    parent = key.parent.oid
    for other in cursor.execute(_OTHER_KEYS, [key.oid, parent, parent]).fetchall():
        _drop(cursor, *other)


def plant(cursor: Cursor, key: Key, count: int) -> None:
    """Put ``count`` rows that refer to nothing into the child of ``key``, where no trigger of a key is to fire.

    They are like a row that is there, but for the columns of ``key`` and of what is unique.

    Raises:
        PlantingError: when a column has to be different in each row and is of no known type.
        psycopg.DatabaseError: when the server refuses them.
    """
    columns = cursor.execute(_COLUMNS, [key.child.oid]).fetchall()
    varied = [name for name, unique in columns if unique or name in key.columns]
    values = distinct_values(cursor, key.child, varied, sql.Identifier("g"))
    if values is None:
        raise PlantingError(f"no other values are known for all of {', '.join(varied)}")
    by_name: dict[str, sql.Composable] = dict(zip(varied, values, strict=True))
    for name, _ in columns:
        by_name.setdefault(name, sql.Identifier("c", name))
    names = sql.SQL(", ").join(map(sql.Identifier, by_name))
    query = sql.SQL(
        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE"
        " SELECT {} FROM (SELECT * FROM {} r ORDER BY ROW(r.*)::text LIMIT 1) c, generate_series(1, {}) g"
    ).format(key.child.identifier, names, sql.SQL(", ").join(by_name.values()), key.child.source, sql.Literal(count))
    cursor.execute(query)


def _drop(cursor: Cursor, schema: str, table: str, name: str) -> None:
    cursor.execute(
        sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(schema, table), sql.Identifier(name))
    )
