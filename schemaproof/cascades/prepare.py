"""The ground for a history's experiments with deletes, made once."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import sqlalchemy
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from sqlalchemy import Connection, Enum, MetaData, create_engine
from sqlalchemy.pool import NullPool

from schemaproof.cascades.comparing import adopted, differing_keys
from schemaproof.cascades.graph import Graph, TableName
from schemaproof.cascades.ground import Ground, clear
from schemaproof.cascades.reading import graph_of_metadata, read_graph, with_order
from schemaproof.catalog import Identity
from schemaproof.checks.parity.autogenerate import autogenerate
from schemaproof.checks.parity.filters import Excluded
from schemaproof.checks.parity.subject import PUBLIC, Layout, find_layout
from schemaproof.history import History
from schemaproof.postgres import Database
from schemaproof.rows.population import Population, Reference
from schemaproof.subject import SubjectError


def ground_of(history: History) -> Ground:
    """What is known of the history's migrated database and its model, found out when it is first asked for."""
    return history.remember("cascades", lambda: _prepare(history))


@contextmanager
def copied(history: History) -> Iterator[Database]:
    """A copy of the migrated database, with no more rows than the ground knows."""
    with history.head_copy() as database:
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            clear(connection, _concerned(ground_of(history).database, ground_of(history).model))
        yield database


@contextmanager
def mapped_connection(history: History, database: Database) -> Iterator[Connection]:
    """A connection for the subject's classes, with their tables where the migrations put them."""
    layout = find_layout(history.metadata, history.head_catalog())
    moved = {schema: home for schema, home in layout.moved.items() if schema is not None}
    engine = create_engine(database.url("psycopg"), poolclass=NullPool)
    with engine.connect().execution_options(schema_translate_map=moved) as connection:
        if layout.home(None) != PUBLIC:
            quoted = connection.dialect.identifier_preparer.quote_identifier(layout.home(None)).replace(":", r"\:")
            connection.execute(sqlalchemy.text(f"SET search_path TO {quoted}, {PUBLIC}"))
            connection.commit()
        yield connection


def _prepare(history: History) -> Ground:
    layout = find_layout(history.metadata, history.head_catalog())
    schema, name = history.version_table
    leave = [(schema or PUBLIC, name)]
    own: Mapping[str, Any] = _own_strategies(history)
    with history.head_copy() as database, psycopg.connect(database.dsn, autocommit=True) as connection:
        found = read_graph(connection, leave=leave)
        model = _included(history, layout, _model(history.metadata, layout, found), found)
        concerned = _concerned(found, model)
        seeded = clear(connection, concerned)
        missing = [key for key in model.keys if key.link not in {one.link for one in found.keys}]
        try:
            population = Population.learn(
                connection,
                tables=concerned,
                leave=leave,
                strategies={**_strategies(history.metadata, layout, found), **_concerning(own, found, concerned)},
                keys=[Reference(key.table, key.columns, key.parent, key.referenced) for key in missing],
            )
        except ValueError as error:
            raise SubjectError(
                f"The rows of {history.subject.rows} don't fit the tables: {error}", remedy="Mend the mapping."
            ) from error
    return Ground(model, found, population, seeded)


def _own_strategies(history: History) -> Mapping[str, object]:
    """The project's own, imported inside of env.py's run where they need what that makes."""
    try:
        with history.surroundings():
            return history.subject.import_strategies()
    except SubjectError:
        return history.in_environment(lambda _: history.subject.import_strategies())


def _model(metadata: Iterable[MetaData], layout: Layout, found: Graph) -> Graph:
    """What the metadata declares of the tables that are there; of others' tables what the database has."""
    declared = graph_of_metadata(metadata, layout.home)
    known = [key for key in declared.keys if key.table in found.tables and key.parent in found.tables]
    others = [key for key in found.keys if key.table not in declared.tables]
    tables = {name: declared.tables.get(name, table) for name, table in found.tables.items()}
    return with_order(replace(declared, tables=tables, keys=(*known, *others)), found)


def _included(history: History, layout: Layout, model: Graph, found: Graph) -> Graph:
    """The model, with the database's declaration of those keys that env.py keeps out of every comparison."""
    differing = differing_keys(model, found)
    excluded = autogenerate(history, layout).excluded if differing else Excluded()
    for key in differing:
        if Identity("constraint", key.table.schema, key.table.name, key.name) in excluded:
            model = adopted(model, key, found)
    return model


def _concerned(*graphs: Graph) -> list[TableName]:
    """The tables that have a key or are referred to by one."""
    return sorted({name for graph in graphs for key in graph.keys for name in (key.table, key.parent)})


def _concerning(own: Mapping[str, Any], found: Graph, concerned: Iterable[TableName]) -> Mapping[str, Any]:
    """Of the project's strategies those for tables that have to do with keys.

    Raises:
        ValueError: for a key that names none of the tables that are there.
    """
    known, wanted = {str(name) for name in found.tables}, {str(name) for name in concerned}
    tables = {key: key if key in known else key.rpartition(".")[0] for key in own}
    for key, table in tables.items():
        if table not in known:
            raise ValueError(f'{key!r} is no "schema.table" and no "schema.table.column" of the migrated database')
    return {key: strategy for key, strategy in own.items() if tables[key] in wanted}


def _strategies(metadata: Iterable[MetaData], layout: Layout, found: Graph) -> Mapping[str, SearchStrategy[Any]]:
    """What the model knows of a column's values and the database does not: enums that are kept as text."""
    return {
        f"{TableName(layout.home(table.schema), table.name)}.{column.name}": st.sampled_from(column.type.enums)
        for one in metadata
        for table in one.tables.values()
        if TableName(layout.home(table.schema), table.name) in found.tables
        for column in table.columns
        if isinstance(column.type, Enum) and not column.type.native_enum and column.type.enums
    }
