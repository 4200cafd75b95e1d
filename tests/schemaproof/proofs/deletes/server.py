"""The same on a server: the schema of a graph, its rows, and the statements, with what becomes of them."""

from collections.abc import Collection, Iterable
from typing import Any

import psycopg

from schemaproof.proofs.deletes.graph import ForeignKey, Graph, Table, TableName
from schemaproof.proofs.deletes.oracle import Refused, Row, Rows

type Connection = psycopg.Connection[tuple[Any, ...]]
# What a refusal names: SQLSTATE, and the constraint or the column.
type Refusal = tuple[str, str | None]

# Rows are found in the order in which they lie: that of an index is another one.
SETTINGS = "SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off"


def ddl(graph: Graph) -> str:
    """The schema's statements; the keys are created in the graph's order."""
    schema = next(iter(graph.tables)).schema
    tables = [_create(table) for table in graph.tables.values()]
    return "; ".join([f"CREATE SCHEMA {schema}", *tables, *map(_add, graph.keys)])


def _create(table: Table) -> str:
    columns = [
        f"{column} int{' NOT NULL' * (column in table.required)}"
        + (f" DEFAULT {default}" if (default := table.defaults.get(column)) is not None else "")
        for column in table.columns
    ]
    unique = [
        f"CONSTRAINT {unique_name(table.name, one)} {'PRIMARY KEY' if one == table.primary_key else 'UNIQUE'}"
        f" ({', '.join(one)})"
        for one in table.unique
    ]
    return f"CREATE TABLE {table.name} ({', '.join([*columns, *unique])})"


def unique_name(table: TableName, columns: Iterable[str]) -> str:
    """The name that such a constraint gets here."""
    return "_".join([table.name, *columns, "unique"])


def _add(key: ForeignKey) -> str:
    listed = f" ({', '.join(key.set_columns)})" if set(key.set_columns) < set(key.columns) and key.set_columns else ""
    return (
        f"ALTER TABLE {key.table} ADD CONSTRAINT {key.name} FOREIGN KEY ({', '.join(key.columns)})"
        f" REFERENCES {key.parent} ({', '.join(key.referenced)}){' MATCH FULL' * key.match_full}"
        f" ON DELETE {key.on_delete}{listed} ON UPDATE {key.on_update}"
        f"{' DEFERRABLE' * key.deferrable}{' INITIALLY DEFERRED' * key.deferred}"
    )


def plant(rows: Rows) -> str:
    """One statement for all rows, so that it is checked at its end."""
    inserts = [
        f"INSERT INTO {table} ({', '.join(some[0])}) VALUES {', '.join(_tuple(row) for row in some)}"
        for table, some in rows.items()
        if some
    ]
    return f"WITH {', '.join(f'i{n} AS ({one})' for n, one in enumerate(inserts))} SELECT 1" if inserts else "SELECT 1"


def checked(graph: Graph) -> str:
    """What waits is checked now, and waits again later as declared."""
    deferred = [key for key in graph.keys if key.deferred]
    return "SET CONSTRAINTS ALL IMMEDIATE" + (f"; SET CONSTRAINTS {names(deferred)} DEFERRED" if deferred else "")


def names(keys: Iterable[ForeignKey] | None) -> str:
    """The keys as SET CONSTRAINTS names them; None is all."""
    return "ALL" if keys is None else ", ".join(f"{key.table.schema}.{key.name}" for key in keys)


def delete_statement(table: TableName, rows: Collection[Row]) -> str:
    """By the rows' ids."""
    return f"DELETE FROM {table} WHERE id IN ({', '.join(_text(row['id']) for row in rows)})"


def update_statement(table: TableName, row: Row, changes: Row) -> str:
    """By the row's id."""
    assigned = ", ".join(f"{column} = {_text(value)}" for column, value in changes.items())
    return f"UPDATE {table} SET {assigned} WHERE id = {row['id']}"


def insert_statement(table: TableName, row: Row) -> str:
    """One row."""
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES {_tuple(row)}"


def _tuple(row: Row) -> str:
    return f"({', '.join(map(_text, row.values()))})"


def _text(value: str | None) -> str:
    return "NULL" if value is None else value


def execute(connection: Connection, graph: Graph, statement: str) -> Rows | Refusal:
    """All rows after the statement; where it is refused it has not been, and this is what the refusal names."""
    columns = {name: ", ".join(f"{column}::text" for column in table.columns) for name, table in graph.tables.items()}
    reads = " UNION ALL ".join(f"SELECT '{name.name}', ARRAY[{listed}] FROM {name}" for name, listed in columns.items())
    try:
        cursor = connection.execute(f"SAVEPOINT step; {statement}; {reads}".encode())
    except psycopg.errors.IntegrityError as error:
        connection.execute("ROLLBACK TO step")
        return (error.sqlstate or "", error.diag.constraint_name or error.diag.column_name)
    while cursor.nextset():
        pass
    found: dict[TableName, list[Row]] = {name: [] for name in graph.tables}
    by_name = {name.name: name for name in graph.tables}
    for name, values in cursor:
        table = by_name[name]
        found[table].append(dict(zip(graph.tables[table].columns, values, strict=True)))
    return found


def same(said: Rows | Refused, done: Rows | Refusal) -> bool:
    """Whether the server did what the oracle said: the same rows in the same order, or a refusal by the same rule."""
    if not isinstance(said, Refused):
        return said == done
    name = said.key.name if said.key else said.column or unique_name(said.table, said.columns)
    return isinstance(done, tuple) and done[0] in said.sqlstates and done[1] == name
