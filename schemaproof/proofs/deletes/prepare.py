"""The ground for a history's experiments with deletes, made once."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy
from hypothesis.errors import HypothesisException
from sqlalchemy import Connection, Enum, MetaData, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from schemaproof.catalog import Identity
from schemaproof.migration.autogenerate.comparison import autogenerate
from schemaproof.migration.autogenerate.filters import Excluded
from schemaproof.migration.autogenerate.layout import PUBLIC, Layout, find_layout
from schemaproof.migration.history import History
from schemaproof.migration.own_rows import own_strategies
from schemaproof.postgres import Database
from schemaproof.project.subject import SubjectError
from schemaproof.proofs.deletes.comparing import adopted, differing_keys
from schemaproof.proofs.deletes.graph import Graph, TableName
from schemaproof.proofs.deletes.ground import Ground, GroundError, clear
from schemaproof.proofs.deletes.reading import common, graph_of_metadata, read_graph, with_order
from schemaproof.rows.population import Population, Reference


def ground_of(history: History) -> Ground:
    """What is known of the history's migrated database and its model, found out when it is first asked for.

    Raises:
        GroundError: where the model's foreign keys can't be read, or the project's strategies yield nothing.
        SubjectError: where the project's own rows don't fit.
    """
    return history.kept(_prepare)


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
    own: Mapping[str, Any] = _of_today(history, own_strategies(history))
    with history.head_copy() as database, psycopg.connect(database.dsn, autocommit=True) as connection:
        found = read_graph(connection, leave=leave)
        declared, absent = common(_declared(history.metadata, layout), found)
        model = _included(history, layout, with_order(declared, found), found)
        concerned = _concerned(found, model)
        seeded = clear(connection, concerned)
        missing = [key for key in model.keys if key.link not in {one.link for one in found.keys}]
        try:
            population = Population.learn(
                connection,
                tables=concerned,
                leave=leave,
                strategies=_concerning(own, found, concerned),
                likely=_labels(history.metadata, layout),
                keys=[Reference(key.table, key.columns, key.parent, key.referenced) for key in missing],
            )
        except HypothesisException as error:  # of the project's strategies: what else is drawn is ours
            raise GroundError(f"{type(error).__name__} of the strategies in {history.subject.rows}: {error}") from error
        except ValueError as error:
            raise SubjectError(
                f"The strategies in {history.subject.rows} don't fit the tables: {error}",
                remedy=f'Name tables and columns in {history.subject.rows} as "schema.table" and "schema.table.column".'
                "",
            ) from error
    return Ground(model, found, population, seeded, absent)


def _declared(metadata: Iterable[MetaData], layout: Layout) -> Graph:
    """What the metadata declares.

    Raises:
        GroundError: where its keys can't be read.
    """
    try:
        return graph_of_metadata(metadata, layout.home)
    except (ValueError, SQLAlchemyError) as error:
        raise GroundError(f"the model's foreign keys can't be read: {error}") from error


def _of_today(history: History, own: Mapping[str, object]) -> Mapping[str, object]:
    """``own`` without what is only there between two revisions: rows for migrations, which these know by name."""
    there = {(one.schema, one.parent or one.name, one.name) for one in history.head_catalog().objects}
    found = {}
    for key, strategy in own.items():
        schema, _, rest = key.partition(".")
        table, _, column = rest.partition(".")
        gone = (schema, table, column or table) not in there
        if not (gone and any(table in text and column in text for text in history.chain.literals)):
            found[key] = strategy
    return found


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
            raise ValueError(f"{key!r} is no table or column of the migrated database")
    return {key: strategy for key, strategy in own.items() if tables[key] in wanted}


def _labels(metadata: Iterable[MetaData], layout: Layout) -> dict[str, list[str]]:
    """What the model knows of a column's values and the database does not: enums that are kept as text."""
    return {
        f"{TableName(layout.home(table.schema), table.name)}.{column.name}": list(column.type.enums)
        for one in metadata
        for table in one.tables.values()
        for column in table.columns
        if isinstance(column.type, Enum) and not column.type.native_enum and column.type.enums
    }
