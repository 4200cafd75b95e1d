"""The index that a remedy has a revision create, and the model declare: one and the same."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    NullPool,
    Table,
    create_engine,
    text,
)

from schemaproof.catalog import Catalog
from schemaproof.postgres import Database
from schemaproof.proofs.deletes.checks.indexing import Indexing, partitions
from schemaproof.proofs.deletes.keys import Key, read_keys
from tests.schemaproof.lines import run_lines

type Declare = Callable[..., Table]

LONG = "a_column_with_a_name_that_is_nearly_as_long_as_a_name_can_be"


def single(metadata: MetaData, column: str = "p_id", schema: str | None = None, *, index: bool | None = None) -> Table:
    Table("p", metadata, Column("id", Integer, primary_key=True), schema=schema)
    key = ForeignKey(f"{schema}.p.id" if schema else "p.id", ondelete="CASCADE")
    return Table(
        "c", metadata, Column("id", Integer, primary_key=True), Column(column, key, index=index), schema=schema
    )


def pair(metadata: MetaData) -> Table:
    Table("p", metadata, Column("a", Integer, primary_key=True), Column("b", Integer, primary_key=True))
    columns = [Column(name, Integer) for name in ("a", "b")]
    return Table("c", metadata, *columns, ForeignKeyConstraint(["a", "b"], ["p.a", "p.b"], ondelete="CASCADE"))


def beside_a_partial_one(metadata: MetaData) -> Table:
    declared = single(metadata)
    Index("ix_c_p_id", declared.c.p_id, postgresql_where=text("id > 1000"))
    return declared


@pytest.mark.parametrize(
    ("declare", "convention", "created"),
    [
        (single, None, 'op.create_index("ix_c_p_id", "c", ["p_id"], postgresql_concurrently=True)'),
        (single, {"ix": "idx_%(table_name)s__%(column_0_name)s"}, 'op.create_index("idx_c__p_id", "c", ["p_id"],'),
        (
            lambda metadata, **options: single(metadata, schema="app", **options),
            None,
            'op.create_index("ix_app_c_p_id", "c", ["p_id"], schema="app", postgresql_concurrently=True)',
        ),
        (lambda metadata, **options: single(metadata, LONG, **options), None, f'"c", ["{LONG}"],'),
        (pair, None, 'op.create_index("ix_c_a", "c", ["a", "b"], postgresql_concurrently=True)'),
        (beside_a_partial_one, None, 'op.create_index("ix_c_p_id_whole", "c", ["p_id"], postgresql_concurrently=True)'),
    ],
    ids=["default", "convention", "schema", "long", "composite", "name is taken"],
)
def test_index_of_the_revision_is_the_model_s(
    declare: Declare, convention: dict[str, str] | None, created: str, empty_database: Database
) -> None:
    before = MetaData(naming_convention=convention)
    declare(before)
    engine = create_engine(empty_database.url("psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("CREATE SCHEMA app"))
        before.create_all(connection)
        indexing, key = only_key(empty_database, before)
        assert created in indexing.line(key)
        run_lines(indexing.revision(key), connection)
        context = MigrationContext.configure(connection, opts={"include_schemas": True})
        assert compare_metadata(context, followed(declare, convention, indexing.model(key))) == []


def only_key(database: Database, metadata: MetaData) -> tuple[Indexing, Key]:
    with psycopg.connect(database.dsn) as connection:
        (key,) = read_keys(connection)
    taken = {("public", str(index.name)) for table in metadata.tables.values() for index in table.indexes}
    return Indexing([metadata], taken), key


def followed(declare: Declare, convention: dict[str, str] | None, said: str) -> MetaData:
    """The model after what is ``said`` was done to it."""
    metadata = MetaData(naming_convention=convention)
    declared = declare(metadata, index=True) if said.startswith("index=True on ") else declare(metadata)
    if said.startswith("Index("):
        index = eval(said.partition(" among ")[0], {"Index": Index})  # noqa: S307 (our own line)
        declared._init_items(index)
    return metadata


def test_index_of_a_table_without_a_model_is_named_as_sqlalchemy_does(empty_database: Database) -> None:
    metadata = MetaData()
    single(metadata)
    engine = create_engine(empty_database.url("psycopg"), poolclass=NullPool)
    metadata.create_all(engine)
    _, key = only_key(empty_database, metadata)
    assert '"ix_c_p_id", "c", ["p_id"]' in Indexing([], set()).line(key)


def test_name_that_asks_for_more_than_the_columns_is_sqlalchemy_s(empty_database: Database) -> None:
    convention: dict[str, Any] = {"ix": "ix_%(team)s", "team": lambda _, table: table.info["team"]}
    metadata = MetaData(naming_convention=convention)
    single(metadata)
    metadata.create_all(create_engine(empty_database.url("psycopg"), poolclass=NullPool))
    indexing, key = only_key(empty_database, metadata)
    assert '"ix_c_p_id", "c", ["p_id"]' in indexing.line(key)


PARTITIONED = """
CREATE SCHEMA app; CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int, p_id int REFERENCES p) PARTITION BY LIST (id);
CREATE TABLE c_1 PARTITION OF c FOR VALUES IN (1);
CREATE TABLE app.c_2 PARTITION OF c FOR VALUES IN (2);
CREATE TABLE c_rest PARTITION OF c DEFAULT PARTITION BY LIST (id); CREATE TABLE c_all PARTITION OF c_rest DEFAULT
"""


def test_index_of_a_partitioned_table_is_built_partition_by_partition(empty_database: Database) -> None:
    """CONCURRENTLY is refused for the whole."""
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        connection.execute(PARTITIONED)
        (key,) = (one for one in read_keys(connection) if one.child.name.name == "c")
        lines = Indexing([], set(), partitions(Catalog.read(connection).objects)).revision(key)
        engine = create_engine(empty_database.url("psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as there:
            run_lines(lines, there)
        found = connection.execute(
            "SELECT indrelid::regclass::text, indisvalid FROM pg_index"
            " WHERE indrelid::regclass::text ~ '^(app[.])?c(_|$)'"
        )
        assert dict(found) == dict.fromkeys(["app.c_2", "c", "c_1", "c_all", "c_rest"], True)
    assert lines.count("CREATE INDEX CONCURRENTLY") == 3


def test_partitioned_table_without_partitions_has_nothing_to_build_concurrently(empty_database: Database) -> None:
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int, p_id int REFERENCES p) PARTITION BY LIST (id)"
        )
        (key,) = read_keys(connection)
    assert Indexing([], set()).revision(key) == 'op.create_index("ix_c_p_id", "c", ["p_id"])'
