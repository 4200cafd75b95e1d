"""What makes orphans possible in a database although it has foreign keys, and the orphans that it has."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from schemaproof.proofs.deletes.graph import TableName
from schemaproof.proofs.deletes.keys import Key

# The triggers of foreign keys are internal ones. "O" fires in sessions of users, "A" always; "D" never, "R" only where
# changes are replicated (manual, pg_trigger). What a partitioned table's has per partition is told with it.
_SILENT = """
WITH silent AS (
    SELECT DISTINCT t.tgrelid AS relation, k.conname::text AS name
    FROM pg_trigger t JOIN pg_constraint k ON k.oid = t.tgconstraint AND k.contype = 'f'
    WHERE t.tgisinternal AND t.tgenabled IN ('D', 'R')
)
SELECT n.nspname::text, c.relname::text, array_agg(s.name ORDER BY s.name)
FROM silent s JOIN pg_class c ON c.oid = s.relation JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT EXISTS (SELECT FROM pg_partition_ancestors(c.oid) a JOIN silent o ON o.relation = a.relid
    WHERE a.relid <> c.oid)
GROUP BY 1, 2 ORDER BY 1, 2
"""

# Settings of a database are no part of it: a copy has none.
_SETTINGS = """
SELECT coalesce(r.rolname::text, '') FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
LEFT JOIN pg_roles r ON r.oid = s.setrole
WHERE d.datname = ANY (%s)
    AND EXISTS (SELECT FROM unnest(s.setconfig) e WHERE lower(e) = 'session_replication_role=replica')
ORDER BY 1
"""

# Of the tables that have rows, which are few in a database that only migrations have filled.
_HOLDING_ROWS = """
SELECT c.oid FROM pg_class c WHERE c.oid = ANY (%s::oid[]) AND (pg_relation_size(c.oid) > 0
    OR EXISTS (SELECT FROM pg_partition_tree(c.oid) t WHERE pg_relation_size(t.relid) > 0))
"""

_ASKED_AT_ONCE = 50  # a query locks all that it names, and max_locks_per_transaction is 64


@dataclass(frozen=True)
class Silent:
    """A table on which the triggers of foreign keys don't fire.

    Attributes:
        table: the one that has the triggers.
        keys: the names of the constraints that they are of.
    """

    table: TableName
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Orphans:
    """Rows that refer to nothing.

    Attributes:
        key: the foreign key that they break.
        count: how many there are.
        sample: the key's columns of one, as text.
    """

    key: Key
    count: int
    sample: str


def silent_tables(connection: psycopg.Connection[Any]) -> tuple[Silent, ...]:
    """The tables whose triggers of foreign keys are disabled, or fire for replicated changes alone."""
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        rows = cursor.execute(_SILENT)
        return tuple(Silent(TableName(schema, name), tuple(keys)) for schema, name, keys in rows)


def replica_settings(connection: psycopg.Connection[Any], databases: Collection[str]) -> tuple[str, ...]:
    """For whom ``databases`` set session_replication_role to replica: a role each, "" for everybody.

    No trigger of a foreign key fires in such a session (manual, session_replication_role).
    """
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        return tuple(role for (role,) in cursor.execute(_SETTINGS, [list(databases)]))


def find_orphans(connection: psycopg.Connection[Any], keys: Iterable[Key]) -> tuple[Orphans, ...]:
    """The rows that break one of ``keys``, whether it is valid or not; a key with PERIOD is not looked at."""
    asked = [key for key in keys if not key.period]
    found = []
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        cursor.execute(_HOLDING_ROWS, [list({key.child.oid for key in asked})])
        holding = {oid for (oid,) in cursor}
        for some in batched((key for key in asked if key.child.oid in holding), _ASKED_AT_ONCE):
            found += _orphans_of(cursor, some)
    return tuple(found)


def count_orphans(cursor: psycopg.Cursor[tuple[Any, ...]], key: Key) -> int:
    """How many rows break ``key`` as the transaction sees it."""
    return sum(one.count for one in _orphans_of(cursor, [key]))


def _orphans_of(cursor: psycopg.Cursor[tuple[Any, ...]], keys: Sequence[Key]) -> list[Orphans]:
    queries = [_query(number, key) for number, key in enumerate(keys)]
    cursor.execute(sql.SQL(" UNION ALL ").join(queries))
    return [Orphans(keys[number], count, sample) for number, count, sample in cursor if count]


def _query(number: int, key: Key) -> sql.Composed:
    columns = sql.SQL(", ").join(sql.Identifier("c", column) for column in key.columns)
    # A row value IS NULL when all of it is, and IS NOT NULL when none of it is (manual, 9.2).
    complete = sql.SQL("ROW({}) IS NOT NULL" if not key.match_full else "NOT ROW({}) IS NULL").format(columns)
    return sql.SQL(
        "SELECT {number}, count(*), min(ROW({columns})::text) FROM {child} c"
        " WHERE {complete} AND NOT EXISTS (SELECT FROM {parent} p WHERE {refers})"
    ).format(
        number=sql.Literal(number),
        columns=columns,
        child=key.child.source,
        complete=complete,
        parent=key.parent.source,
        refers=key.refers(),
    )
