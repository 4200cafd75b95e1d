"""Collections that are empty because their table is: nobody asks for them, and nothing else is different."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import URL, Column, ForeignKey, Integer, MetaData, Table, create_engine
from sqlalchemy.orm import Mapper, Session, registry, relationship

from schemaproof.postgres import Database
from schemaproof.proofs.deletes.emptiness import around, empty_ones, leave_empty
from schemaproof.proofs.deletes.flushes import Flushed, Flushes
from schemaproof.proofs.deletes.graph import TableName
from schemaproof.proofs.deletes.ground import Ground
from schemaproof.proofs.deletes.mapping import Relation, relations
from schemaproof.proofs.deletes.outcome import Refusal
from schemaproof.proofs.deletes.reading import read_graph
from schemaproof.rows.population import Population, Rows

HUB, *SPOKES = (TableName("public", name) for name in ("hub", "a", "b", "c"))
A, B, C = SPOKES
ROWS: Rows = {HUB: [{"id": "1"}], A: [{"id": "1", "hub": "1"}]}

# A row that nobody drew: the ORM has to delete it, or the key refuses.
ADDING = """
CREATE FUNCTION adds() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO b VALUES (1, NEW.id); RETURN NULL; END $$;
CREATE TRIGGER adds AFTER INSERT ON hub FOR EACH ROW EXECUTE FUNCTION adds();
"""


class Star:
    """A hub with three relationships, by the ORM alone."""

    def __init__(self, dsn: str, url: URL, more: str = "") -> None:
        self.metadata, self.registry = MetaData(), registry()
        hub = Table("hub", self.metadata, Column("id", Integer, primary_key=True))
        properties = {}
        for name in "abc":
            key: Column[int] = Column("hub", ForeignKey("hub.id"), nullable=False)
            table = Table(name, self.metadata, Column("id", Integer, primary_key=True), key)
            child = type(name.upper(), (), {})
            self.registry.map_imperatively(child, table)
            properties[name] = relationship(child, cascade="all, delete-orphan")
        self.mapper: Mapper[object] = self.registry.map_imperatively(type("Hub", (), {}), hub, properties=properties)
        self.names = {table: TableName("public", table.name) for table in self.metadata.tables.values()}
        self.engine = create_engine(url)
        self.metadata.create_all(self.engine)
        with psycopg.connect(dsn, autocommit=True) as connection:
            graph = read_graph(connection)
            population = Population.learn(connection)
            connection.execute(more.encode())
        self.ground = Ground(graph, graph, population)

    @property
    def relation(self) -> Relation:
        return next(one for one in relations([self.metadata], lambda _: "public")[0] if str(one) == "Hub.a")

    def deleted(self) -> Flushed:
        """The hub deleted, with a row of ``a``."""
        with self.engine.connect() as connection:
            found = Flushes(connection, self.ground, examples=1).delete(self.relation, ((ROWS, [0]), False))
        assert found is not None
        return found


@pytest.fixture
def star(empty_database: Database, request: pytest.FixtureRequest) -> Iterator[Star]:
    made = Star(empty_database.dsn, empty_database.url("psycopg"), getattr(request, "param", ""))
    yield made
    made.engine.dispose()
    made.registry.dispose()


def test_delete_asks_for_no_empty_table(star: Star) -> None:
    found = star.deleted()
    assert not isinstance(found.by_orm, Refusal)
    assert found.traffic.statements == 3  # the rows of a, and a delete from each


@pytest.mark.parametrize("star", [ADDING], indirect=True)
def test_row_that_a_trigger_added_is_deleted_too(star: Star) -> None:
    found = star.deleted()
    assert not isinstance(found.by_orm, Refusal), found.by_orm
    assert found.traffic.statements == 5


def test_tables_around_are_those_of_relationships_as_far_as_rows_reach(star: Star) -> None:
    assert around(star.mapper, star.names, {HUB}) == {A, B, C}
    child = star.relation.relationship.mapper
    assert around(child, star.names, {A}) == set()


@pytest.mark.usefixtures("star")
def test_empty_tables_are_those_without_a_row(empty_database: Database) -> None:
    with psycopg.connect(empty_database.dsn) as connection:
        cursor = connection.cursor()
        cursor.execute("INSERT INTO hub VALUES (1); INSERT INTO b VALUES (1, 1)")
        assert empty_ones(cursor, [A, B, C]) == {A, C}
        assert empty_ones(cursor, []) == set()


def test_collection_of_another_table_is_loaded_as_ever(star: Star) -> None:
    with star.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO hub VALUES (1); INSERT INTO b VALUES (1, 1)")
    with Session(star.engine) as session:
        leave_empty(session, star.names, {A})
        hub = session.get(star.mapper.class_, 1)
        assert hub is not None
        assert set(hub.__dict__) & {"a", "b", "c"} == {"a"}
        assert len(getattr(hub, "b")) == 1  # noqa: B009 (imperative classes have no attributes to a type checker)
