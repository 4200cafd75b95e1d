"""The tables that SQLAlchemy metadata declares, as the server understands them."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from sqlalchemy import MetaData, create_mock_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from schemaproof.rows.planting import quote
from schemaproof.rows.tables import Table, describe, read_tables
from schemaproof.rows.types import Type, read_types


def tables_of_metadata(
    connection: psycopg.Connection[Any], metadata: MetaData
) -> tuple[list[Table], Mapping[int, Type]]:
    """The tables of ``metadata``, described, by name, and all types: what reading them from a database would give.

    They are created in a transaction that is rolled back: their oids mean nothing afterwards but that the same one is
    the same table or type.

    Args:
        connection: in autocommit mode, to a database that has no tables of these names.
        metadata: its schemas are made too where they are not there.

    Raises:
        psycopg.Error: where the server refuses to create a table.
    """
    with connection.transaction(force_rollback=True), psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        before = {(one.schema, one.name) for one in read_tables(cursor)}
        for schema in sorted({one.schema for one in metadata.tables.values() if one.schema}):
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}".encode())
        # Statements without parameters, so that no percent sign in them is doubled.
        dialect = PGDialect_psycopg(paramstyle="named")  # type: ignore[no-untyped-call]
        engine = create_mock_engine("postgresql+psycopg://", lambda ddl, *_, **__: statements.append(ddl))
        statements: list[Any] = []
        metadata.create_all(engine, checkfirst=False)
        for one in statements:
            cursor.execute(str(one.compile(dialect=dialect)).encode())
        tables = [one for one in read_tables(cursor) if (one.schema, one.name) not in before]
        types = read_types(cursor)
        describe(cursor, tables, types)
        return tables, types
