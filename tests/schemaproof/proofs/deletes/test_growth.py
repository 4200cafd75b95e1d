"""What the checks of deletes send grows with the foreign keys and not with their square; time would be no evidence.

Every table but the first two refers to both of these, and the ORM alone deletes its rows: sixteen tables have 29 keys,
and eight have 13. Twice as many tables may send 2.3 times as many statements.
"""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, NullPool, Table, create_engine
from sqlalchemy.orm import registry, relationship

from schemaproof.postgres import Database, Server
from schemaproof.proofs.deletes import contest, interleaving
from schemaproof.proofs.deletes.contest import Contest
from schemaproof.proofs.deletes.deletes import Deletes
from schemaproof.proofs.deletes.flushes import Flushes
from schemaproof.proofs.deletes.ground import Ground
from schemaproof.proofs.deletes.mapped import Mapped
from schemaproof.proofs.deletes.mapping import relations
from schemaproof.proofs.deletes.reading import read_graph
from schemaproof.rows.population import Population

FEW, MANY = 8, 16
RACED = 3  # keys: how many are is bounded, and what one costs must not depend on the others


class Schema:
    """So many tables, in a database of their own."""

    def __init__(self, database: Database, count: int) -> None:
        self.database, self.metadata, self._registry = database, MetaData(), registry()
        properties: list[dict[str, Any]] = [{} for _ in range(count)]
        tables = [self._table(number) for number in range(count)]
        self.classes = classes = [
            type(f"T{number:02}", (), {}) for number in range(count)
        ]  # kept: mappers hold them weakly
        for number, table in enumerate(tables):
            for key in table.foreign_keys:
                parent = next(n for n, one in enumerate(tables) if one is key.column.table)
                properties[parent][table.name] = relationship(classes[number], cascade="all, delete-orphan")
        for one, table, some in zip(classes, tables, properties, strict=True):
            self._registry.map_imperatively(one, table, properties=some)
        self.engine = create_engine(database.url("psycopg"), poolclass=NullPool)
        self.metadata.create_all(self.engine)
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            graph = read_graph(connection)
            self.ground = Ground(graph, graph, Population.learn(connection))

    def _table(self, number: int) -> Table:
        names = [f"t{parent:02}" for parent in range(min(number, 2))]
        keys: list[Column[int]] = [Column(f"{name}_id", ForeignKey(f"{name}.id"), nullable=False) for name in names]
        return Table(f"t{number:02}", self.metadata, Column("id", Integer, primary_key=True), *keys)

    def close(self) -> None:
        self.engine.dispose()
        self._registry.dispose()


def in_sql(schema: Schema) -> None:
    with psycopg.connect(schema.database.dsn, autocommit=True) as connection:
        deletes = Deletes(connection.cursor(), schema.ground, examples=5)
        for root in schema.ground.roots():
            for scope in schema.ground.scopes(root):
                assert deletes.disagreements(root, scope) == []


def in_orm(schema: Schema) -> None:
    found, _ = relations([schema.metadata], lambda _: "public")
    with schema.engine.connect() as connection:
        flushes = Flushes(connection, schema.ground, examples=5)
        for relation in found:
            assert flushes.examine(relation, plainly=False).worst is not None


def side_by_side(schema: Schema) -> None:
    mapped = Mapped([schema.metadata], lambda _: "public")
    with (
        psycopg.connect(schema.database.dsn, autocommit=True) as observer,
        psycopg.connect(schema.database.dsn) as first,
        psycopg.connect(schema.database.dsn) as second,
        schema.engine.connect() as connection,
    ):
        graph = schema.ground.database
        contested = Contest(observer, (first, second), graph, graph, (mapped, connection)).run()
    assert len(contested.tried) == RACED
    assert {fault.key for fault, _ in contested.faults} == {*contested.tried}  # each key is lost in some order


@pytest.fixture(scope="module")
def schemas(postgres_server: Server) -> Iterator[tuple[Schema, Schema]]:
    with postgres_server.create() as few, postgres_server.create() as many:
        made = Schema(few, FEW), Schema(many, MANY)
        yield made
        for one in made:
            one.close()


@pytest.mark.parametrize(("experiment", "most"), [(in_sql, 2.3), (in_orm, 2.3), (side_by_side, 1.1)])
def test_statements_grow_with_the_keys(
    experiment: Callable[[Schema], None],
    most: float,
    schemas: tuple[Schema, Schema],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contest, "MOST_KEYS", RACED)
    sent: list[Schema] = []
    execute, plant, now = psycopg.Cursor.execute, Population.plant, schemas[0]

    def counted(self: psycopg.Cursor[Any], *arguments: Any, **options: Any) -> psycopg.Cursor[Any]:
        if arguments[0] != interleaving._WAITS:  # how often that is asked is a matter of time
            sent.append(now)
        return execute(self, *arguments, **options)

    def planted(*arguments: Any) -> None:
        sent.append(now)
        plant(*arguments)

    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    monkeypatch.setattr(Population, "plant", planted)
    for now in schemas:
        experiment(now)
    few, many = map(sent.count, schemas)
    assert many <= most * few


def test_statements_of_an_orm_delete_do_not_grow(schemas: tuple[Schema, Schema]) -> None:
    """However many relationships hang on a class, a delete asks for those that have rows."""
    works = []
    for schema in schemas:
        relation = next(one for one in relations([schema.metadata], lambda _: "public")[0] if str(one) == "T00.t02")
        rows = {("public", "t00"): [{"id": "1"}], ("public", "t01"): [{"id": "1", "t00_id": "1"}]}
        with schema.engine.connect() as connection:
            flushed = Flushes(connection, schema.ground, examples=1).delete(relation, ((rows, [0]), False))
        assert flushed is not None
        works.append(flushed.traffic.statements)
    assert works[0] == works[1]


def test_twice_as_many_tables_have_29_keys_instead_of_13(schemas: tuple[Schema, Schema]) -> None:
    assert [len(schema.ground.database.keys) for schema in schemas] == [13, 29]
