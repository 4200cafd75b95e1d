"""The graph of a live database, and a model's graph beside it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from schemaproof.proofs.deletes.declared import DeclarationError, graph_of_metadata
from schemaproof.proofs.deletes.graph import ACTIONS, ForeignKey, Graph, Table, TableName

__all__ = ["DeclarationError", "common", "graph_of_metadata", "read_graph", "with_order"]

type _Cursor = psycopg.Cursor[tuple[Any, ...]]

# Tables that are neither the system's, nor an extension's, nor another session's, nor part of a partitioned table. A
# domain refuses NULL where one that it is made of does.
_TABLES = """
WITH RECURSIVE domain (type, base, required) AS (
    SELECT oid, typbasetype, typnotnull FROM pg_type WHERE typtype = 'd'
    UNION ALL
    SELECT d.type, t.typbasetype, t.typnotnull FROM domain d JOIN pg_type t ON t.oid = d.base AND t.typtype = 'd'
)
SELECT c.oid, n.nspname::text, c.relname::text,
    coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnum > 0), '{}'),
    coalesce(array_agg(a.attname::text) FILTER (
        WHERE a.attnotnull OR a.atttypid IN (SELECT type FROM domain WHERE required)), '{}')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
        AND e.deptype = 'e')
GROUP BY 1, 2, 3 ORDER BY 2, 3
"""

_NAMES = (
    "ARRAY(SELECT a.attname::text FROM unnest({}) WITH ORDINALITY x (number, place)"
    " JOIN pg_attribute a ON a.attrelid = {} AND a.attnum = x.number ORDER BY x.place)"
)

# Without the columns of INCLUDE; in the order in which the server meets them.
_UNIQUE = f"""
SELECT i.indrelid, i.indisprimary, i.indimmediate,
    {_NAMES.format("(i.indkey::int2[])[0:i.indnkeyatts - 1]", "i.indrelid")}
FROM pg_index i
WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indrelid = ANY (%s::oid[])
ORDER BY i.indexrelid
"""  # noqa: S608 (no input)

# The action of a delete is the trigger of the table that is referred to, for DELETE (8, TRIGGER_TYPE_DELETE). Triggers
# are fired by name (manual, CREATE TRIGGER), bytewise. What a key has per partition is PostgreSQL's own business.
_KEYS = """
SELECT k.conrelid, {columns}, k.confrelid, {referenced}, k.conname::text, k.confdeltype::text, k.confupdtype::text,
    {listed}, k.confmatchtype = 'f', k.condeferrable, k.condeferred
FROM pg_constraint k
JOIN pg_trigger t ON t.tgconstraint = k.oid AND t.tgrelid = k.confrelid AND t.tgtype & 8 <> 0
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = ANY (%(some)s::oid[])
    AND k.confrelid = ANY (%(some)s::oid[])
ORDER BY t.tgname
"""

# A column without a default of its own takes its domain's. NULL is the default where there is none.
_DEFAULTS = """
SELECT a.attrelid, a.attname::text, pg_get_expr(coalesce(d.adbin, t.typdefaultbin), coalesce(d.adrelid, 0)),
    format_type(a.atttypid, a.atttypmod), a.attidentity <> '' OR a.attgenerated <> ''
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY (%s::oid[]) AND EXISTS (
    SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = a.attrelid AND a.attnum = ANY (k.conkey))
"""


def read_graph(connection: psycopg.Connection[Any], *, leave: Collection[tuple[str, str]] = ()) -> Graph:
    """The graph of a database: its tables by name, and its keys in the order in which the server fires their actions.

    System schemas, extensions' tables and partitions are left out (what is partitioned is one table), and so are
    keys that the server does not enforce. Defaults are those of the columns that keys have.

    Args:
        connection: to the database; in a transaction it is left in one.
        leave: schema and name of tables that are left out with their keys.
    """
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        known = {
            oid: Table(TableName(schema, name), tuple(columns), frozenset(required))
            for oid, schema, name, columns, required in cursor.execute(_TABLES).fetchall()
            if (schema, name) not in leave
        }
        primary_keys, unique = _unique(cursor, list(known))
        keys = _keys(cursor, {oid: table.name for oid, table in known.items()})
        defaults = _defaults(cursor, list(known))
    tables = (
        replace(table, primary_key=primary_keys.get(oid, ()), unique=tuple(unique[oid]), defaults=defaults[oid])
        for oid, table in known.items()
    )
    return Graph({table.name: table for table in tables}, tuple(keys))


def with_order(model: Graph, database: Graph) -> Graph:
    """The model, with what only the database knows: the order of the keys, their names, and the defaults.

    What the keys do, which columns refuse NULL and what is unique stays as the model says. Keys that the database does
    not have are the last, by the model's names; defaults that it does not have stay unknown.
    """
    places: defaultdict[object, list[int]] = defaultdict(list)
    for place, key in enumerate(database.keys):
        places[_link(key)].append(place)
    ordered: list[tuple[int, ForeignKey]] = []
    for key in _named_first(model.keys, {key.name for key in database.keys}):
        same = places[_link(key)]
        if not same:
            ordered.append((len(database.keys), key))
            continue
        place = next((one for one in same if database.keys[one].name == key.name), same[0])
        same.remove(place)
        ordered.append((place, replace(key, name=database.keys[place].name)))
    ordered.sort(key=lambda one: one[0])
    tables = {
        name: replace(table, defaults=database.tables[name].defaults) if name in database.tables else table
        for name, table in model.tables.items()
    }
    return Graph(tables, tuple(key for _, key in ordered))


def common(model: Graph, database: Graph) -> tuple[Graph, tuple[ForeignKey, ...]]:
    """The model as far as the database has its tables and columns; and its keys that the database can't have.

    What the model does not declare is as the database has it. A model may be ahead of the revisions, or behind them.
    """
    tables = {name: _narrowed(model.tables.get(name, table), table) for name, table in database.tables.items()}
    there = {name: {*table.columns} for name, table in database.tables.items()}
    kept = [
        key
        for key in model.keys
        if there.get(key.table, set()) >= {*key.columns} and there.get(key.parent, set()) >= {*key.referenced}
    ]
    others = [key for key in database.keys if key.table not in model.tables]
    return Graph(tables, (*kept, *others)), tuple(key for key in model.keys if key not in kept)


def _narrowed(declared: Table, there: Table) -> Table:
    """``declared`` without the columns that are not ``there``."""
    columns = {*there.columns}
    return replace(
        declared,
        columns=tuple(one for one in declared.columns if one in columns),
        required=declared.required & columns,
        primary_key=declared.primary_key if columns.issuperset(declared.primary_key) else (),
        unique=tuple(one for one in declared.unique if columns.issuperset(one)),
    )


def _link(key: ForeignKey) -> object:
    """What a key refers to, in whatever order its columns are written."""
    return (key.table, key.parent, frozenset(zip(key.columns, key.referenced, strict=True)))


def _named_first(keys: Iterable[ForeignKey], names: Collection[str]) -> list[ForeignKey]:
    """Of keys that refer to the same, those that have the same name are paired before the others."""
    return sorted(keys, key=lambda key: key.name not in names)


def _unique(
    cursor: _Cursor, oids: list[int]
) -> tuple[dict[int, tuple[str, ...]], defaultdict[int, list[tuple[str, ...]]]]:
    primary_keys: dict[int, tuple[str, ...]] = {}
    unique: defaultdict[int, list[tuple[str, ...]]] = defaultdict(list)
    for oid, primary, immediate, names in cursor.execute(_UNIQUE, [oids]):
        if primary:
            primary_keys[oid] = tuple(names)
        if immediate and tuple(names) not in unique[oid]:
            unique[oid].append(tuple(names))
    return primary_keys, unique


def _keys(cursor: _Cursor, names: dict[int, TableName]) -> list[ForeignKey]:
    # Lists of columns are new in 15.
    listed: LiteralString = "k.confdelsetcols" if cursor.connection.info.server_version >= 150000 else "NULL::int2[]"
    query = sql.SQL(_KEYS).format(
        columns=sql.SQL(_NAMES).format(sql.SQL("k.conkey"), sql.SQL("k.conrelid")),
        referenced=sql.SQL(_NAMES).format(sql.SQL("k.confkey"), sql.SQL("k.confrelid")),
        listed=sql.SQL(_NAMES).format(sql.SQL(listed), sql.SQL("k.conrelid")),
    )
    return [
        ForeignKey(
            table=names[table],
            columns=tuple(columns),
            parent=names[parent],
            referenced=tuple(referenced),
            name=name,
            on_delete=ACTIONS[on_delete],
            on_update=ACTIONS[on_update],
            set_columns=tuple(one for one in columns if not listed or one in listed) if on_delete in "nd" else (),
            match_full=match_full,
            deferrable=deferrable,
            deferred=deferred,
        )
        for (
            table, columns, parent, referenced, name, on_delete, on_update, listed, match_full, deferrable, deferred
        ) in cursor.execute(query, {"some": list(names)})
    ]  # fmt: skip


def _defaults(cursor: _Cursor, oids: list[int]) -> defaultdict[int, dict[str, str | None]]:
    defaults: defaultdict[int, dict[str, str | None]] = defaultdict(dict)
    for oid, column, expression, kind, computed in cursor.execute(_DEFAULTS, [oids]).fetchall():
        if expression is None and not computed:
            defaults[oid][column] = None
        elif not computed and (value := _evaluated(cursor, expression, kind)):
            defaults[oid][column] = value[0]
    return defaults


def _evaluated(cursor: _Cursor, expression: str, kind: str) -> tuple[str | None] | None:
    """The default's value; None where it is not the same at every call, or the server refuses to work it out."""
    query = sql.SQL("SELECT (({})::{})::text").format(sql.SQL(expression), sql.SQL(kind))
    try:
        with cursor.connection.transaction(force_rollback=True):
            if _is_volatile(cursor, expression):
                return None
            return cursor.execute(query).fetchone()
    except psycopg.Error:
        return None


def _is_volatile(cursor: _Cursor, expression: str) -> bool:
    """Whether it can be another value at every call.

    A condition without columns is examined once per query, or when the query is planned, but for one that is volatile:
    that is a filter. Nothing of it is executed that is not immutable.
    """
    query = sql.SQL("EXPLAIN (FORMAT JSON) SELECT FROM generate_series(1, 2) WHERE ({}) IS NULL")
    ((plan,),) = cursor.execute(query.format(sql.SQL(expression))).fetchall()
    return "Filter" in plan[0]["Plan"]
