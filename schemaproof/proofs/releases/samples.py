"""The older release's tables and views as it knows them, each with rows that it may write."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from schemaproof.proofs.releases.affected import Name
from schemaproof.rows.repairs import Repairs
from schemaproof.rows.statements import Row, Writer
from schemaproof.rows.tables import Table, describe, read_tables
from schemaproof.rows.types import Cursor, Type, read_types
from schemaproof.rows.values import UnknownTypeError
from schemaproof.rows.variety import LATER

type Cells = Mapping[str, str | None]

_EXISTING = 3  # rows of a table that are tried for UPDATE and DELETE

# With values everywhere, or where there is no default; all unlike those that are there.
_FULL = (Row(LATER, sparse=False, own=True), Row(LATER, sparse=False))
_OTHER = (Row(LATER + 1, sparse=False, own=True), Row(LATER + 1, sparse=False))
# With NULL wherever it may be.
_SPARSE = (Row(LATER + 2, sparse=True),)

# What can be read, with where it is kept, and its columns by name.
_RELATIONS = """
SELECT n.nspname::text, c.relname::text, c.oid, c.relkind::text,
    coalesce(jsonb_object_agg(a.attname, jsonb_build_array(a.attnum, format_type(a.atttypid, a.atttypmod),
        a.attgenerated <> '', a.attnotnull, a.atthasdef OR a.attidentity <> '', a.attidentity)
        ORDER BY a.attnum) FILTER (WHERE a.attnum IS NOT NULL), '{}')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND ((n.nspname, c.relname) IN (SELECT * FROM unnest(%(schemas)s::text[], %(names)s::text[]))
        OR c.oid = ANY (%(oids)s::oid[]))
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Attribute:
    """A column of a relation, as the server keeps it.

    Attributes:
        number: ``attnum``, which it keeps when it is renamed.
        type: printed.
        generated: whether it takes no value.
        required: whether it refuses NULL.
        supplied: whether it has a default.
        identity: "a" for ALWAYS, "d" for BY DEFAULT, "" for neither.
    """

    number: int
    type: str
    generated: bool
    required: bool
    supplied: bool
    identity: str


@dataclass(frozen=True)
class Relation:
    """A table or a view; ``kind`` is ``relkind``."""

    name: Name
    oid: int
    kind: str
    columns: Mapping[str, Attribute]


@dataclass(frozen=True)
class Sample:
    """A table, and rows for it.

    Attributes:
        table: its description.
        full: a row that it takes, with a value in each column that takes one; None where it takes none that we know.
        other: another such row, with other values.
        sparse: one with NULL wherever it may be.
        primary: the columns by which a row is found; none where nothing is unique.
        existing: by these, rows that are there.
    """

    table: Table
    full: Cells | None
    other: Cells | None
    sparse: Cells | None
    primary: tuple[str, ...]
    existing: Sequence[Cells]


def relations(
    connection: psycopg.Connection[Any], names: Collection[Name], oids: Collection[int] = ()
) -> list[Relation]:
    """Those with the ``names`` or the ``oids``."""
    named = {"schemas": [one for one, _ in names], "names": [one for _, one in names], "oids": list(oids)}
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        found = cursor.execute(_RELATIONS, named).fetchall()
    return [
        Relation((schema, name), oid, kind, {one: Attribute(*told) for one, told in columns.items()})
        for schema, name, oid, kind, columns in found
    ]


def samples(connection: psycopg.Connection[Any], names: Collection[Name]) -> tuple[list[Sample], Mapping[int, Type]]:
    """The tables with these ``names``, and all types; nothing is left in the database but sequences that are ahead."""
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        tables = [one for one in read_tables(cursor) if (one.schema, one.name) in names and one.permitted]
        if not tables:
            return [], {}
        types = read_types(cursor)
        describe(cursor, tables, types)
        with connection.transaction(force_rollback=True):
            cursor.execute("SET LOCAL statement_timeout = '5s'; SET LOCAL lock_timeout = '2s'")
            return [_sample(cursor, types, one) for one in tables], types


def _sample(cursor: Cursor, types: Mapping[int, Type], table: Table) -> Sample:
    full, other, sparse = (_first_taken(cursor, types, table, rows) for rows in (_FULL, _OTHER, _SPARSE))
    primary = _primary(table)
    return Sample(table, full, other, sparse, primary, _existing(cursor, table, primary))


def own_rows(connection: psycopg.Connection[Any], sample: Sample, types: Mapping[int, Type], count: int) -> list[Cells]:
    """As many rows, no two alike in what is unique, that the table of ``sample`` takes; fewer where it takes fewer.

    ``connection``: in autocommit mode; nothing is left but sequences that are ahead.
    """
    with (
        psycopg.Cursor(connection, row_factory=tuple_row) as cursor,
        connection.transaction(force_rollback=True),
    ):
        found = (
            _first_taken(cursor, types, sample.table, [replace(row, number=row.number + 2 + one) for row in _FULL])
            for one in range(count)
        )
        return [one for one in found if one is not None]


def _first_taken(cursor: Cursor, types: Mapping[int, Type], table: Table, rows: Sequence[Row]) -> Cells | None:
    found = (_taken(cursor, types, table, row) for row in rows)
    return next((one for one in found if one is not None), None)


def _taken(cursor: Cursor, types: Mapping[int, Type], table: Table, row: Row) -> Cells | None:
    """What is in ``row``, or in one like it that the table takes."""
    taken: list[Cells] = []
    writer = Writer(types, table, ())
    names = list(table.columns)
    returned = sql.SQL(" RETURNING {}").format(_texts(names)) if names else sql.SQL("")

    def attempt(one: Row) -> psycopg.Error | None:
        try:
            with cursor.connection.transaction(force_rollback=True):
                cursor.execute(writer.insert([one]) + returned, prepare=False)
                found = cursor.fetchone() if names else ()
                taken.append(dict(zip(names, found or (), strict=True)))
        except (psycopg.Error, ValueError) as error:
            if cursor.connection.closed or not isinstance(error, psycopg.Error):
                raise
            return error
        return None

    try:
        Repairs(types, table, writer.choices, attempt).insert(row)
    except (UnknownTypeError, ValueError):  # or the row goes elsewhere, so that nothing is returned
        return None
    return taken[-1] if taken else None


def _primary(table: Table) -> tuple[str, ...]:
    """The fewest columns that tell one row from all others."""
    keys = [
        rule.columns
        for rules in table.rules.values()
        for rule in rules
        if rule.unique and rule.columns and all(table.columns[name].required for name in rule.columns)
    ]
    return min(keys, key=len, default=())


def _existing(cursor: Cursor, table: Table, primary: Sequence[str]) -> list[Cells]:
    if not primary:
        return []
    query = sql.SQL("SELECT {} FROM {} ORDER BY {} LIMIT {}").format(
        _texts(primary),
        sql.Identifier(table.schema, table.name),
        sql.SQL(", ").join(map(sql.Identifier, primary)),
        sql.Literal(_EXISTING),
    )
    return [dict(zip(primary, row, strict=True)) for row in cursor.execute(query)]


def _texts(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in names)
