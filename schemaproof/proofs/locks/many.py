"""Tables and materialized views with many rows."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from schemaproof.proofs.locks.relations import Name, Relation
from schemaproof.rows.growing import grow

MANY = 2_000  # rows that a table is grown to

# What a view reads, through other views too, and not what merely belongs to it.
_BENEATH = """
WITH RECURSIVE beneath (oid) AS (
    SELECT unnest(%s::oid[])
    UNION SELECT d.refobjid FROM beneath b JOIN pg_rewrite r ON r.ev_class = b.oid
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
            AND d.refclassid = 'pg_class'::regclass)
SELECT n.nspname::text, c.relname::text FROM beneath b
JOIN pg_class c ON c.oid = coalesce(pg_partition_root(b.oid), b.oid)
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')
"""


def grown(
    connection: psycopg.Connection[Any],
    tables: Collection[Relation],
    unique: Mapping[Name, Sequence[Sequence[str]]] | None = None,
) -> tuple[dict[int, int], dict[Name, str]]:
    """Let each of ``tables`` hold many rows; the rows of each, by oid, and why others hold no more than before.

    Args:
        connection: in autocommit mode; its settings change.
        tables: materialized views among them.
        unique: see ``grow``.
    """
    views = sorted((one for one in tables if one.kind == "m"), key=lambda one: one.oid)
    names = {one.root for one in tables if one.kind != "m"}
    if views:
        names |= {(schema, name) for schema, name in connection.execute(_BENEATH, [[one.oid for one in views]])}
    refused = grow(connection, sorted(names), MANY, unique).refused
    for view in views:
        connection.execute(sql.SQL("REFRESH MATERIALIZED VIEW {}").format(sql.Identifier(view.schema, view.name)))
    return _counted(connection, list(tables)), {name: why for name, why in refused.items() if name in names}


def _counted(connection: psycopg.Connection[Any], tables: Sequence[Relation]) -> dict[int, int]:
    counts = sql.SQL(", ").join(
        sql.SQL("(SELECT count(*) FROM ONLY {})").format(sql.Identifier(one.schema, one.name)) for one in tables
    )
    row = connection.execute(sql.SQL("SELECT {}").format(counts)).fetchone() or ()
    return {one.oid: int(count) for one, count in zip(tables, row, strict=True)}
