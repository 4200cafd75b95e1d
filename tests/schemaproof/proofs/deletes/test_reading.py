"""The graph of metadata, and of the database that ``create_all`` makes of it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from psycopg import sql
from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    create_engine,
    text,
)

from schemaproof.postgres import Server
from schemaproof.proofs.deletes import graph
from schemaproof.proofs.deletes.graph import Action, Graph, TableName
from schemaproof.proofs.deletes.reading import DeclarationError, graph_of_metadata, read_graph, with_order
from tests.schemaproof.proofs.deletes import server
from tests.schemaproof.proofs.deletes.schemas import graphs, part


def home(schema: str | None) -> str:
    return schema or "public"


@pytest.fixture(scope="module")
def engine_connection(postgres_server: Server) -> Iterator[Connection]:
    """SQLAlchemy's connection to a database of the module's own."""
    with postgres_server.create() as database:
        engine = create_engine(database.url("psycopg"))
        with engine.connect() as connection:
            yield connection
        engine.dispose()


@pytest.fixture
def database(engine_connection: Connection) -> Iterator[Connection]:
    """The same, in a transaction that is rolled back."""
    with engine_connection.begin() as transaction:
        yield engine_connection
        transaction.rollback()


def read(connection: Connection, leave: tuple[tuple[str, str], ...] = ()) -> Graph:
    driver = connection.connection.driver_connection
    assert driver is not None
    return read_graph(driver, leave=leave)


def declared(one: Graph, *, named: bool = True) -> MetaData:
    """The metadata that such a graph is of."""
    metadata = MetaData()
    for name, table in one.tables.items():
        columns = [Column(column, Integer, nullable=column not in table.required) for column in table.columns]
        primary_key = PrimaryKeyConstraint(*table.primary_key)
        unique = [UniqueConstraint(*some) for some in table.unique if some != table.primary_key]
        keys = [_declared_key(key, named=named) for key in one.parents(name)]
        Table(name.name, metadata, *columns, primary_key, *unique, *keys, schema=name.schema)
    return metadata


def _declared_key(key: graph.ForeignKey, *, named: bool) -> ForeignKeyConstraint:
    listed = f" ({', '.join(key.set_columns)})" if key.set_columns not in {(), key.columns} else ""
    return ForeignKeyConstraint(
        key.columns,
        [f"{key.parent}.{column}" for column in key.referenced],
        name=key.name if named else None,
        ondelete=f"{key.on_delete}{listed}",
        onupdate=key.on_update.lower(),
        deferrable=key.deferrable,
        initially="deferred" if key.deferred else None,
        match="FULL" if key.match_full else None,
    )


def facts(one: Graph, *, named: bool = True) -> object:
    """All of a graph but its order and its defaults."""
    tables = [
        (table.name, table.columns, table.required, table.primary_key, frozenset(table.unique))
        for table in one.tables.values()
    ]
    keys = [key if named else replace(key, name="") for key in one.keys]
    return sorted(tables, key=str), sorted(keys, key=repr)


def assert_read_as_declared(connection: Connection, metadata: MetaData) -> None:
    metadata.create_all(connection)
    assert facts(graph_of_metadata([metadata], home), named=False) == facts(read(connection), named=False)


@part(10)
@given(one=graphs())
def test_graph_of_metadata_is_that_of_its_schema(one: Graph) -> None:
    assert facts(graph_of_metadata([declared(one)], home)) == facts(one)


@part(10)
@given(one=graphs())
def test_graph_of_metadata_is_that_of_the_database(engine_connection: Connection, one: Graph) -> None:
    with engine_connection.begin() as transaction:
        engine_connection.execute(text("CREATE SCHEMA s"))
        assert_read_as_declared(engine_connection, declared(one))
        transaction.rollback()


@part(10)
@given(one=graphs())
def test_model_takes_order_names_and_defaults_from_the_database(engine_connection: Connection, one: Graph) -> None:
    with engine_connection.begin() as transaction:
        engine_connection.execute(text(server.ddl(one)))
        found = read(engine_connection)
        ordered = with_order(graph_of_metadata([declared(one)], home), found)
        assert ordered.keys == found.keys
        assert {name: table.defaults for name, table in ordered.tables.items()} == {
            name: table.defaults for name, table in found.tables.items()
        }
        transaction.rollback()


def test_keys_are_in_the_order_of_their_triggers_names(database: Connection) -> None:
    database.execute(
        text("CREATE TABLE a (id int PRIMARY KEY, b int REFERENCES a, c int REFERENCES a, d int REFERENCES a)")
    )
    query = (
        "SELECT conname FROM pg_trigger t JOIN pg_constraint k ON k.oid = t.tgconstraint"
        " WHERE tgname LIKE 'RI_ConstraintTrigger_a_%' AND tgfoid::regproc::text LIKE '%del\"' ORDER BY tgname"
    )
    expected = [name for (name,) in database.execute(text(query))]
    assert [key.name for key in read(database).keys] == expected
    assert len(expected) == 3


@pytest.mark.parametrize(
    ("written", "action"),
    [
        (None, Action.NO_ACTION),
        (" set   null ", Action.SET_NULL),
        ("Cascade", Action.CASCADE),
        ("no\taction", "NO ACTION"),
    ],
)
def test_action_is_read_in_any_case(written: str | None, action: Action) -> None:
    table = Table(
        "a",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("up", ForeignKey("a.id", ondelete=written, onupdate=written)),
    )
    (key,) = graph_of_metadata([table.metadata], home).keys
    assert (key.on_delete, key.on_update) == (action, action)


@pytest.mark.parametrize(
    ("written", "listed"), [('SET NULL ("My, ""Id")', ('My, "Id',)), ("set default(OTHER)", ("other",))]
)
def test_list_of_columns_is_read_as_the_server_does(
    database: Connection, written: str, listed: tuple[str, ...]
) -> None:
    table = Table(
        "a",
        MetaData(),
        Column('My, "Id', Integer, primary_key=True, key="one"),
        Column("other", Integer, key="two"),
        UniqueConstraint("one", "two"),
        ForeignKeyConstraint(["one", "two"], ["a.one", "a.two"], ondelete=written),
    )
    assert_read_as_declared(database, table.metadata)
    assert read(database).keys[0].set_columns == listed


def test_keys_of_all_kinds_of_declarations_are_read(database: Connection) -> None:
    metadata = MetaData(naming_convention={"fk": "fk_%(table_name)s_%(column_0_name)s"})
    Table(
        "User Data",
        metadata,
        Column("Id", Integer, primary_key=True, nullable=True),
        Column("b", ForeignKey("b.id", use_alter=True)),
    )
    Table(
        "b",
        metadata,
        Column("id", ForeignKey("User Data.Id", ondelete="CASCADE", deferrable=True), primary_key=True),
        Column("other", ForeignKey("User Data.Id", initially="DEFERRED", name="a_own"), nullable=False),
        Column("partial", Integer),
        Index("unique_other", "other", unique=True, postgresql_include=["partial"]),
        Index("unique_partial", "partial", unique=True, postgresql_where=text("partial > 0")),
        Index("unique_expression", text("(partial + 1)"), unique=True),
        UniqueConstraint("partial", "other", deferrable=True),
    )
    assert_read_as_declared(database, metadata)
    one = graph_of_metadata([metadata], home)
    assert [key.name for key in one.keys] == ["fk_User Data_b", "fk_b_id", "a_own"]
    assert one.tables[TableName("public", "b")].unique == (("id",), ("other",))


def test_tables_of_other_metadata_belong_to_the_graph_where_keys_lead_to_them() -> None:
    parent = Table("b", MetaData(), Column("id", Integer, primary_key=True))
    child = Table("a", MetaData(), Column("id", ForeignKey(parent.c.id), primary_key=True), schema="x")
    assert [*graph_of_metadata([child.metadata], home).tables] == [
        TableName("public", "b"),
        TableName("x", "a"),
    ]  # by name


def a_with(key: ForeignKeyConstraint) -> MetaData:
    return Table("a", MetaData(), Column("id", Integer, primary_key=True), Column("up", Integer), key).metadata


@pytest.mark.parametrize(
    ("key", "cause", "remedy"),
    [
        (ForeignKeyConstraint(["up"], ["a.id"], ondelete="DROP"), "'DROP' is no referential action", "write one of"),
        (ForeignKeyConstraint(["up"], ["a.id"], ondelete="CASCADE (up)"), "cannot be read", "only after SET NULL"),
        (ForeignKeyConstraint(["up"], ["a.id"], ondelete="SET NULL (,)"), "cannot be read", "only after SET NULL"),
        (ForeignKeyConstraint(["up"], ["a.id"], ondelete="SET NULL (id)"), "id are not all", "its own columns"),
        (ForeignKeyConstraint(["up"], ["a.id"], onupdate="SET NULL (up)"), "takes no list", "leave out the list"),
        (ForeignKeyConstraint(["up"], ["a.id"], match="PARTIAL"), "no MATCH PARTIAL", "SIMPLE or FULL"),
        (ForeignKeyConstraint(["up"], ["a.id"], deferrable=False, initially="DEFERRED"), "NOT DEFERR", "deferrable"),
        (ForeignKeyConstraint(["up"], ["elsewhere.id"]), "could not find table 'elsewhere'", "import the module"),
        (ForeignKeyConstraint(["up"], ["a.nothing"]), "no column named 'nothing'", "name a column"),
    ],
)
def test_key_that_cannot_be_is_refused(key: ForeignKeyConstraint, cause: str, remedy: str) -> None:
    with pytest.raises(DeclarationError, match=r"the foreign key of a \(up\): ") as refused:
        graph_of_metadata([a_with(key)], home)
    assert cause in str(refused.value)
    assert remedy in str(refused.value)


def test_two_tables_of_one_name_are_refused() -> None:
    both = [Table("a", MetaData(), Column("id", Integer), schema=schema).metadata for schema in (None, "public")]
    with pytest.raises(ValueError, match=r"two tables are both public\.a: leave out"):
        graph_of_metadata(both, home)


DEFAULTS = """
CREATE DOMAIN given AS int DEFAULT 5; CREATE DOMAIN needed AS int NOT NULL; CREATE DOMAIN also AS needed;
CREATE TABLE a (id int PRIMARY KEY, short varchar(3) UNIQUE);
CREATE TABLE b (plain int DEFAULT 1 + 1 REFERENCES a, none int REFERENCES a, given given REFERENCES a,
    short varchar(3) DEFAULT lower('ABC') REFERENCES a (short), today int DEFAULT extract(year FROM now()) REFERENCES a,
    counted serial REFERENCES a, hazard int DEFAULT floor(random()) REFERENCES a, wrong int DEFAULT 1 / 0 REFERENCES a,
    own int GENERATED ALWAYS AS IDENTITY REFERENCES a, needed also REFERENCES a, no_key int DEFAULT 1)
"""


def test_defaults_are_those_that_are_the_same_at_every_call(database: Connection) -> None:
    database.execute(text(DEFAULTS))
    defaults = dict(read(database).tables[TableName("public", "b")].defaults)
    assert int(defaults.pop("today") or 0) > 2000
    assert defaults == {"plain": "2", "none": None, "given": "5", "short": "abc", "needed": None}


def test_column_of_a_domain_that_refuses_null_is_required(database: Connection) -> None:
    database.execute(text(DEFAULTS))
    assert read(database).tables[TableName("public", "b")].required == {"counted", "own", "needed"}


PARTITIONED = """
CREATE TABLE a (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE a1 PARTITION OF a FOR VALUES FROM (0) TO (9);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE) PARTITION BY RANGE (id);
CREATE TABLE b1 PARTITION OF b FOR VALUES FROM (0) TO (9)
"""


def test_partitioned_tables_are_tables(database: Connection) -> None:
    database.execute(text(PARTITIONED))
    found = read(database)
    assert [table.name for table in found.tables] == ["a", "b"]
    assert [str(key) for key in found.keys] == ["public.b (a) -> public.a (id) ON DELETE CASCADE"]


def test_tables_that_are_left_are_left_with_their_keys(database: Connection) -> None:
    database.execute(text("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY REFERENCES a)"))
    assert read(database, leave=(("public", "a"),)).keys == ()
    assert [*read(database, leave=(("public", "b"),)).tables] == [TableName("public", "a")]


def test_reading_leaves_a_transaction_as_it_is(database: Connection) -> None:
    database.execute(text(DEFAULTS))
    read(database)
    assert database.execute(text("SELECT count(*) FROM b")).scalar() == 0


def test_keys_to_the_same_are_paired_by_name_first(database: Connection) -> None:
    same = "ALTER TABLE a ADD CONSTRAINT {} FOREIGN KEY (up) REFERENCES a ON DELETE {}"
    database.execute(text("CREATE TABLE a (id int PRIMARY KEY, up int)"))
    database.execute(text(";".join([same.format("other", "RESTRICT"), same.format("second", "CASCADE")])))
    keys = [
        ForeignKeyConstraint(["up"], ["a.id"], name=name, ondelete=on)
        for name, on in [("first", "SET NULL"), ("second", "CASCADE")]
    ]
    table = Table("a", MetaData(), Column("id", Integer, primary_key=True), Column("up", Integer), *keys)
    ordered = with_order(graph_of_metadata([table.metadata], home), read(database))
    assert [(key.name, key.on_delete) for key in ordered.keys] == [("other", "SET NULL"), ("second", "CASCADE")]


def test_key_that_the_database_lacks_is_the_last() -> None:
    table = Table(
        "a",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("a", ForeignKey("a.id")),
        Column("b", ForeignKey("a.id")),
    )
    model = graph_of_metadata([table.metadata], home)
    database = Graph(model.tables, (replace(model.keys[1], name="there"),))
    assert [(key.columns, key.name) for key in with_order(model, database).keys] == [(("b",), "there"), (("a",), "")]
    assert with_order(model, Graph({}, ())) == model


def test_names_may_be_anything(database: Connection) -> None:
    name = sql.Identifier('a "b"%s').as_string()
    database.exec_driver_sql(f"CREATE TABLE {name} (id int PRIMARY KEY REFERENCES {name})".replace("%", "%%"))
    assert [key.table.name for key in read(database).keys] == ['a "b"%s']


def test_columns_of_a_key_may_be_written_in_another_order(database: Connection) -> None:
    database.execute(text("CREATE TABLE a (x int, y int, v int, w int, UNIQUE (x, y))"))
    database.execute(text("ALTER TABLE a ADD CONSTRAINT k FOREIGN KEY (w, v) REFERENCES a (y, x)"))
    columns = [Column(name, Integer) for name in "xyvw"]
    table = Table("a", MetaData(), *columns, ForeignKeyConstraint(["v", "w"], ["a.x", "a.y"], ondelete="CASCADE"))
    (key,) = with_order(graph_of_metadata([table.metadata], home), read(database)).keys
    assert (key.name, key.columns, key.on_delete) == ("k", ("v", "w"), Action.CASCADE)


def test_columns_that_were_dropped_are_none(database: Connection) -> None:
    database.execute(text("CREATE TABLE a (gone int, id int); ALTER TABLE a DROP COLUMN gone"))
    assert read(database).tables[TableName("public", "a")].columns == ("id",)
