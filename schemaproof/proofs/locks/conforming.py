"""Rows that the newer schema takes as well: where an upgrade refuses some that are there, others show what it locks.

Which rows it refuses, the checks of the area "data" tell.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from schemaproof.proofs.locks.relations import Name

_COLUMNS = (
    "ARRAY(SELECT a.attname::text FROM unnest({}) WITH ORDINALITY one (number, place)"
    " JOIN pg_attribute a ON a.attrelid = {} AND a.attnum = one.number ORDER BY one.place)"
)

# What rows must satisfy: kind, schema, table, columns, expression, schema and table referred to, its columns.
_QUERY = f"""
SELECT 'not-null', n.nspname::text, c.relname::text, ARRAY[a.attname::text], '', '', '', '{{}}'::text[]
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND a.attnotnull AND n.nspname !~ '^pg_|^information_schema$'
UNION ALL
SELECT 'type', n.nspname::text, c.relname::text, ARRAY[a.attname::text], format_type(a.atttypid, a.atttypmod), '', '',
    '{{}}'
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname !~ '^pg_|^information_schema$'
UNION ALL
SELECT CASE k.contype WHEN 'f' THEN 'foreign-key' ELSE 'check' END, n.nspname::text, c.relname::text,
    {_COLUMNS.format("k.conkey", "k.conrelid")}, coalesce(pg_get_expr(k.conbin, k.conrelid), ''),
    coalesce(pn.nspname::text, ''), coalesce(p.relname::text, ''), {_COLUMNS.format("k.confkey", "k.confrelid")}
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class p ON p.oid = k.confrelid LEFT JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE k.contype IN ('c', 'f')
UNION ALL
SELECT 'unique', n.nspname::text, c.relname::text, {_COLUMNS.format("i.indkey::int2[]", "i.indrelid")},
    '', '', '', '{{}}'
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.indisunique AND n.nspname !~ '^pg_'
"""  # noqa: S608 (no input)

# Foreign keys first: what they refer to may be what a CHECK is about.
_ORDER = ("type", "foreign-key", "not-null", "check", "unique")


@dataclass(frozen=True)
class Need:
    """Something that rows of the newer schema must satisfy and those of the older one need not.

    Attributes:
        kind: one of ``_ORDER``.
        table: schema and name of the table.
        columns: those that it is about.
        expression: the condition of a CHECK; the type of a column.
        parent: schema and name of the table that a foreign key refers to.
        referred: its columns, in their order in the constraint.
        values: what a row of the newer database has in ``columns``, as text; () where there is none.
    """

    kind: str
    table: Name
    columns: tuple[str, ...]
    expression: str = ""
    parent: Name = ("", "")
    referred: tuple[str, ...] = ()
    values: tuple[str | None, ...] = ()


def needs(older: psycopg.Connection[Any], newer: psycopg.Connection[Any]) -> list[Need]:
    """What rows must satisfy in the database of ``newer`` in addition to what they must in that of ``older``."""
    known = set(_read(older))
    columns = {(one.table, one.columns[0]) for one in known if one.kind == "type"}
    found = [_of_older(need, columns) for need in _read(newer) if need not in known]
    found = [
        Need(one.kind, one.table, one.columns, one.expression, one.parent, one.referred, _values(newer, one))
        for one in found
    ]
    return sorted(found, key=lambda one: _ORDER.index(one.kind))


def unique_columns(found: list[Need]) -> Mapping[Name, list[tuple[str, ...]]]:
    """By schema and name of each table, what is unique in it only now."""
    columns: dict[Name, list[tuple[str, ...]]] = {}
    for need in found:
        if need.kind == "unique" and need.columns:
            columns.setdefault(need.table, []).append(need.columns)
    return columns


def conform(connection: psycopg.Connection[Any], found: list[Need]) -> None:
    """Change the rows of the older database so that the newer schema takes them, as far as that is known how.

    Args:
        connection: in autocommit mode; its settings change.
        found: what they must satisfy.
    """
    with suppress(psycopg.errors.InsufficientPrivilege):  # then triggers fire
        connection.execute("SET session_replication_role = replica")
    for need in found:
        for statement in _statements(need):
            with suppress(psycopg.Error):  # there is no such column yet, or something else refuses it
                connection.execute(statement)


def _read(connection: psycopg.Connection[Any]) -> Iterator[Need]:
    for kind, schema, table, columns, expression, parent_schema, parent, referred in connection.execute(_QUERY):
        yield Need(kind, (schema, table), tuple(columns), expression, (parent_schema, parent), tuple(referred))


def _of_older(need: Need, columns: Collection[tuple[Name, str]]) -> Need:
    """``need`` as it is of rows that do not have its new columns yet: these are mostly filled with the same value."""
    if need.kind != "unique":
        return need
    return replace(need, columns=tuple(name for name in need.columns if (need.table, name) in columns))


def _values(newer: psycopg.Connection[Any], need: Need) -> tuple[str | None, ...]:
    if need.kind not in {"type", "check", "not-null"} or not need.columns:
        return ()
    values = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in need.columns)
    query = sql.SQL("SELECT {} FROM {} LIMIT 1").format(values, sql.Identifier(*need.table))
    return tuple(newer.execute(query).fetchone() or ())


def _statements(need: Need) -> Iterator[sql.Composed]:
    table, comma = sql.Identifier(*need.table), sql.SQL(", ")
    columns = [sql.Identifier(name) for name in need.columns]
    given = comma.join(
        sql.SQL("{} = {}").format(column, sql.Literal(value))
        for column, value in zip(columns, need.values, strict=False)
    )
    if need.kind == "type" and need.values:
        yield sql.SQL("UPDATE {} SET {}").format(table, given)
    elif need.kind == "foreign-key":
        referred = comma.join(map(sql.Identifier, need.referred))
        yield sql.SQL("UPDATE {} SET ({}) = (SELECT {} FROM {} LIMIT 1)").format(
            table, comma.join(columns), referred, sql.Identifier(*need.parent)
        )
    elif need.kind == "not-null":
        if need.values:
            yield sql.SQL("UPDATE {} SET {} WHERE {} IS NULL").format(table, given, columns[0])
        yield sql.SQL("DELETE FROM {} WHERE {} IS NULL").format(table, columns[0])
    elif need.kind == "check":
        condition = sql.SQL(need.expression)  # as the server prints it
        if need.values:
            yield sql.SQL("UPDATE {} SET {} WHERE ({}) IS FALSE").format(table, given, condition)
        yield sql.SQL("DELETE FROM {} WHERE ({}) IS FALSE").format(table, condition)
    elif need.kind == "unique" and columns:
        same = sql.SQL(" AND ").join(sql.SQL("one.{0} = other.{0}").format(column) for column in columns)
        yield sql.SQL("DELETE FROM {0} one USING {0} other WHERE one.ctid > other.ctid AND {1}").format(table, same)
