"""Deletes by the ORM beside the same in SQL, of classes that a test maps."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, MetaData, String, Table, create_engine, event
from sqlalchemy.exc import CircularDependencyError
from sqlalchemy.orm import Mapper, foreign, registry, relationship
from sqlalchemy.orm.exc import StaleDataError

from schemaproof.postgres import Database, Server
from schemaproof.proofs.deletes.flushes import Examined, Flushed, Flushes, UndecidedError
from schemaproof.proofs.deletes.graph import TableName
from schemaproof.proofs.deletes.ground import Ground
from schemaproof.proofs.deletes.mapping import Relation, relations
from schemaproof.proofs.deletes.outcome import Refusal
from schemaproof.proofs.deletes.reading import read_graph
from schemaproof.rows.population import Population, Rows

CHAT, MESSAGE = TableName("public", "chat"), TableName("public", "message")
ALL = "all, delete-orphan"


class Held:
    """A database with the tables of a subject, a connection to it, and what is known of it."""

    def __init__(self, database: Database, metadata: MetaData) -> None:
        self._dsn = database.dsn
        self._engine = create_engine(database.url("psycopg"))
        self.connection = self._engine.connect()
        metadata.create_all(self.connection)
        self.connection.commit()
        self.learn()

    def learn(self) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            graph = read_graph(connection)
            self.ground = Ground(graph, graph, Population.learn(connection))

    def run(self, statements: str) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute(statements.encode())

    def close(self) -> None:
        self.connection.close()
        self._engine.dispose()


class Subject:
    """Chats with messages, which may reply to each other, and how they are mapped; ``hold`` gives the tables."""

    def __init__(
        self,
        hold: Callable[[MetaData], Held],
        *,
        ondelete: str | None = "CASCADE",
        nullable: bool = True,
        **key: Any,
    ) -> None:
        self.metadata, self.registry = MetaData(), registry()
        self.chat = Table(
            "chat", self.metadata, Column("id", Integer, primary_key=True, autoincrement=False), Column("kind", String)
        )
        self.message = Table(
            "message",
            self.metadata,
            Column("id", Integer, primary_key=True, autoincrement=False),
            Column("chat", ForeignKey("chat.id", ondelete=ondelete, **key), nullable=nullable),
            Column("reply_to", ForeignKey("message.id", ondelete="CASCADE")),
            Column("odd", Integer, CheckConstraint("odd = 7")),
        )
        self.held = hold(self.metadata)
        self.connection = self.held.connection

    @property
    def ground(self) -> Ground:
        return self.held.ground

    def relations(self, *, confirmed: bool = True, **options: Any) -> tuple[list[Relation], dict[str, str]]:
        """Those of chats and messages where ``Chat.messages`` has these options."""
        child = type("Message", (), {})
        self.registry.map_imperatively(child, self.message, confirm_deleted_rows=confirmed)
        properties = {"messages": relationship(child, **options)}
        self.registry.map_imperatively(type("Chat", (), {}), self.chat, properties=properties)
        return self.found()

    def found(self) -> tuple[list[Relation], dict[str, str]]:
        """Those of whatever is mapped."""
        return relations([self.metadata], lambda schema: schema or "public")

    def examine(self, **options: Any) -> Examined:
        (relation,), _ = self.relations(**options)
        return Flushes(self.connection, self.ground, examples=30).examine(relation)

    def delete(self, messages: list[tuple[int, int, int | None]], *, loaded: bool = False, **options: Any) -> Flushed:
        """Chat 1 deleted, where the messages are these: id, chat, what it replies to."""
        (relation,), _ = self.relations(**options)
        texts = [[None if one is None else str(one) for one in row] for row in messages]
        rows: Rows = {
            CHAT: [{"id": "1"}, {"id": "2"}],
            MESSAGE: [dict(zip(("id", "chat", "reply_to", "odd"), [*row, "7"], strict=True)) for row in texts],
        }
        flushed = Flushes(self.connection, self.ground, examples=1).delete(relation, ((rows, [0]), loaded))
        assert flushed is not None
        return flushed


type Subjects = Callable[..., Subject]


@pytest.fixture(scope="module")
def usual(postgres_server: Server) -> Iterator[Callable[[MetaData], Held]]:
    """The tables of subjects without options: made once, since nothing is left of a delete."""
    held: list[Held] = []

    def hold(metadata: MetaData) -> Held:
        if not held:
            held.append(Held(database, metadata))
        return held[0]

    with postgres_server.create() as database:
        yield hold
        for one in held:
            one.close()


@pytest.fixture
def subject(request: pytest.FixtureRequest, usual: Callable[[MetaData], Held]) -> Iterator[Subjects]:
    """Makes a subject: with options, or as its ``own``, in a database of the test's own."""
    with ExitStack() as stack:

        def hold(metadata: MetaData) -> Held:
            held = Held(request.getfixturevalue("empty_database"), metadata)
            stack.callback(held.close)
            return held

        def make(*, own: bool = False, **options: Any) -> Subject:
            made = Subject(hold if own or options else usual, **options)
            stack.callback(made.registry.dispose)
            stack.callback(made.connection.rollback)
            return made

        yield make


def worst(subject: Subject, **options: Any) -> Flushed:
    found = subject.examine(**options).worst
    assert found is not None
    return found


def test_relationship_that_acts_as_the_key_does_is_no_difference(subject: Subjects) -> None:
    assert subject().examine(cascade=ALL, passive_deletes=True) == Examined(None, None, None)


def test_relationship_that_nulls_leaves_other_rows(subject: Subjects) -> None:
    found = worst(subject())
    assert [len(found.before[CHAT]), len(found.before[MESSAGE]), found.targets] == [1, 1, (0,)]
    assert not isinstance(found.by_orm, Refusal)
    assert [row["chat"] for row in found.by_orm[MESSAGE]] == [None]
    assert not isinstance(found.by_sql, Refusal)
    assert found.by_sql[MESSAGE] == []


def test_relationship_that_nulls_a_required_column_is_refused(subject: Subjects) -> None:
    examined = subject(nullable=False).examine()
    assert examined.worst is not None
    assert isinstance(examined.worst.by_orm, Refusal)
    assert "not-null" in examined.worst.by_orm.why
    assert examined.with_two is None


def test_relationship_that_nulls_only_what_is_loaded_is_found(subject: Subjects) -> None:
    assert worst(subject(), passive_deletes=True).loaded


def test_delete_that_only_the_orm_can_do_is_refused_in_sql(subject: Subjects) -> None:
    found = worst(subject(ondelete=None), cascade=ALL)
    assert isinstance(found.by_sql, Refusal)
    assert not isinstance(found.by_orm, Refusal)


def test_delete_that_both_refuse_is_no_difference(subject: Subjects) -> None:
    assert subject(ondelete="RESTRICT").examine(passive_deletes="all") == Examined(None, None, None)


def test_delete_that_a_deferred_key_refuses_is_refused_to_both(subject: Subjects) -> None:
    made = subject(ondelete=None, deferrable=True, initially="DEFERRED")
    assert made.examine(passive_deletes="all") == Examined(None, None, None)


def test_flush_that_deletes_children_one_by_one_grows(subject: Subjects) -> None:
    examined = subject().examine(cascade=ALL)
    assert examined.worst is None
    assert examined.childless is not None
    assert examined.with_two is not None
    assert examined.childless.before[MESSAGE] == []
    assert len(examined.with_two.before[MESSAGE]) == 2
    assert examined.with_two.traffic.work > examined.childless.traffic.work


@pytest.mark.parametrize("lazy", ["joined", "selectin", "subquery", "immediate"])
def test_relationship_that_is_loaded_with_its_parent_is_judged_without(lazy: str, subject: Subjects) -> None:
    found = subject().examine(cascade=ALL, passive_deletes=True, lazy=lazy)
    assert (found.worst, found.with_two) == (None, None)


@pytest.mark.parametrize("lazy", ["dynamic", "write_only"])
def test_relationship_without_a_collection_is_tried(lazy: str, subject: Subjects) -> None:
    assert subject().examine(cascade=ALL, passive_deletes=True, lazy=lazy).worst is None


def test_traffic_is_that_of_the_flush_alone(subject: Subjects) -> None:
    traffic = subject().delete([(1, 1, None)], cascade=ALL, passive_deletes=True).traffic
    assert (traffic.statements, traffic.sets, traffic.rows, traffic.missed) == (1, 1, 0, 0)


def test_traffic_counts_rows_and_sets_of_parameters(subject: Subjects) -> None:
    traffic = subject().delete([(1, 1, None), (2, 1, None), (3, 2, None)], cascade=ALL).traffic
    assert (traffic.statements, traffic.sets, traffic.rows, traffic.missed) == (3, 4, 2, 0)
    assert (traffic.work, str(traffic)) == (9, "3 statements with 4 sets of parameters, 2 rows read")


@pytest.mark.filterwarnings("error")
def test_child_that_went_with_another_is_not_missed_where_the_class_says_so(subject: Subjects) -> None:
    rows: list[tuple[int, int, int | None]] = [(1, 1, None), (2, 1, 1)]
    found = subject().delete(rows, loaded=True, cascade=ALL, passive_deletes=True, confirmed=False)
    assert found.traffic.missed == 0


@pytest.mark.filterwarnings("ignore:DELETE statement on table")  # what this is about
def test_child_that_went_with_another_is_missed(subject: Subjects) -> None:
    made = subject()
    found = made.delete([(1, 1, None), (2, 1, 1)], loaded=True, cascade=ALL, passive_deletes=True)
    assert found.traffic.missed == 1
    assert Flushes(made.connection, made.ground, examples=1).disagree(found)
    assert found.by_orm == found.by_sql


def test_delete_leaves_nothing_behind(subject: Subjects) -> None:
    made = subject()
    made.delete([(1, 1, None)])
    assert made.connection.exec_driver_sql("SELECT count(*) FROM chat").scalar() == 0


def test_class_that_takes_no_row_is_undecided(subject: Subjects) -> None:
    made = subject()
    (relation,), _ = made.relations()

    event.listen(relation.mapper, "load", raising(LookupError("no such chat")))
    with pytest.raises(UndecidedError) as caught:
        Flushes(made.connection, made.ground, examples=5).examine(relation)
    assert isinstance(caught.value.__cause__, LookupError)


def raising(error: Exception) -> Callable[..., None]:
    def listener(*_: object) -> None:
        raise error

    return listener


def test_flush_that_finds_too_few_rows_is_a_refusal(subject: Subjects) -> None:
    made = subject()
    (relation,), _ = made.relations(cascade=ALL)
    event.listen(relation.relationship.mapper, "before_delete", raising(StaleDataError("too few")))
    found = Flushes(made.connection, made.ground, examples=30).examine(relation).worst
    assert found is not None
    assert found.by_orm == Refusal("too few")


def test_flush_that_finds_no_order_is_left_out(subject: Subjects) -> None:
    made = subject()
    (relation,), _ = made.relations()
    event.listen(relation.mapper, "before_delete", raising(CircularDependencyError("", [], [])))
    assert Flushes(made.connection, made.ground, examples=5).examine(relation) == Examined(None, None, None)


def test_rows_of_another_class_are_left_out(subject: Subjects) -> None:
    made = subject()
    chat, message = type("Chat", (), {}), type("Message", (), {})
    room = type("Room", (chat,), {})
    made.registry.map_imperatively(message, made.message)
    base: Mapper[Any] = made.registry.map_imperatively(
        chat, made.chat, polymorphic_on=made.chat.c.kind, polymorphic_identity="chat"
    )
    properties = {"messages": relationship(message, passive_deletes=True)}
    made.registry.map_imperatively(room, inherits=base, polymorphic_identity="room", properties=properties)
    (relation,), _ = made.found()
    rows: Rows = {CHAT: [{"id": "1", "kind": "room"}, {"id": "2", "kind": "chat"}]}
    flushes = Flushes(made.connection, made.ground, examples=1)
    assert flushes.delete(relation, ((rows, [0]), False)) is not None
    assert flushes.delete(relation, ((rows, [0, 1]), False)) is None


def test_inherited_relationships_are_told_once(subject: Subjects) -> None:
    made = subject()
    chat, message = type("Chat", (), {}), type("Message", (), {})
    made.registry.map_imperatively(message, made.message)
    base: Mapper[Any] = made.registry.map_imperatively(
        chat, made.chat, polymorphic_on=made.chat.c.kind, properties={"messages": relationship(message)}
    )
    made.registry.map_imperatively(type("Room", (chat,), {}), inherits=base, polymorphic_identity="room")
    assert [str(one) for one in made.found()[0]] == ["Chat.messages"]


def test_many_to_one_is_followed_where_it_deletes(subject: Subjects) -> None:
    made = subject()
    chat = type("Chat", (), {})
    made.registry.map_imperatively(chat, made.chat)
    properties = {
        "room": relationship(chat, cascade="save-update, delete", overlaps="lobby"),
        "lobby": relationship(chat, overlaps="room"),
    }
    made.registry.map_imperatively(type("Message", (), {}), made.message, properties=properties)
    (relation,), _ = made.found()
    assert (str(relation), relation.upwards) == ("Message.room", True)


def test_many_to_many_leads_to_the_association_first(subject: Subjects) -> None:
    made = subject()
    chat = type("Chat", (), {})
    both = made.message.c.chat == made.chat.c.id
    properties = {
        "answered": relationship(
            chat, secondary=made.message, primaryjoin=both, secondaryjoin=made.message.c.id == foreign(made.chat.c.id)
        )
    }
    made.registry.map_imperatively(chat, made.chat, properties=properties)
    assert made.found()[0][0].reached == (MESSAGE, CHAT)


def test_relation_knows_its_tables(subject: Subjects) -> None:
    (relation,), skipped = subject().relations()
    assert (str(relation), relation.parent, relation.reached, skipped) == ("Chat.messages", CHAT, (MESSAGE,), {})


def test_relationships_that_no_delete_follows_are_left_out(subject: Subjects) -> None:
    assert subject().relations(viewonly=True) == ([], {})


@pytest.mark.parametrize("name", ["before_delete", "after_delete"])
def test_listeners_for_deletes_are_known(name: str, subject: Subjects) -> None:
    (relation,), _ = subject().relations()
    assert not relation.listened
    event.listen(relation.relationship.mapper, name, lambda *_: None)
    assert relation.listened


def test_connection_is_left_without_a_transaction(subject: Subjects) -> None:
    made = subject()
    made.delete([])
    assert not made.connection.in_transaction()


def test_delete_that_is_refused_only_for_rows_of_the_same_transaction_is_no_case(empty_database: Database) -> None:
    """PostgreSQL checks the references of such rows more often; an application deletes what was committed before."""
    metadata, mappings = MetaData(), registry()
    a = Table("a", metadata, Column("id", Integer, primary_key=True))
    Table("b", metadata, Column("id", Integer, primary_key=True), Column("a", Integer), Column("c", Integer))
    c = Table("c", metadata, Column("id", Integer, primary_key=True), Column("a", ForeignKey("a.id")))
    child: Mapper[Any] = mappings.map_imperatively(type("C", (), {}), c)
    parent: Mapper[Any] = mappings.map_imperatively(
        type("A", (), {}), a, properties={"cs": relationship(child.class_, cascade="all, delete")}
    )
    keys = """
    ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a ON DELETE SET NULL;
    ALTER TABLE b ADD FOREIGN KEY (c) REFERENCES c ON DELETE CASCADE;
    ALTER TABLE c DROP CONSTRAINT c_a_fkey, ADD FOREIGN KEY (a) REFERENCES a ON DELETE CASCADE
    """
    engine = create_engine(empty_database.url("psycopg"))
    metadata.create_all(engine)
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        connection.execute(keys)
        graph = read_graph(connection)
        ground = Ground(graph, graph, Population.learn(connection))
    (relation,) = (one for one in relations([metadata], lambda _: "public")[0] if one.mapper is parent)
    others: Rows = {("public", "a"): [{"id": "1"}], ("public", "c"): [{"id": "1", "a": "1"}]}
    rows: Rows = {**others, ("public", "b"): [{"id": "1", "a": "1", "c": "1"}]}
    with engine.connect() as connected:
        flushes = Flushes(connected, ground, examples=1)
        assert flushes.delete(relation, ((rows, [0]), False)) is None
        assert flushes.delete(relation, ((others, [0]), False)) is not None
    engine.dispose()
    mappings.dispose()


def test_delete_that_does_another_thing_each_time_is_told_with_its_rows(subject: Subjects) -> None:
    made = subject(own=True)
    made.held.run("""
    CREATE SEQUENCE s;
    CREATE FUNCTION chance() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF nextval('s') % 7 = 0 THEN RETURN NULL; END IF; RETURN OLD; END $$;
    CREATE TRIGGER chance BEFORE DELETE ON chat FOR EACH ROW EXECUTE FUNCTION chance();
    """)
    with pytest.raises(UndecidedError, match=r"(?s)(Flaky|again).*public\.chat: "):
        made.examine(cascade=ALL, passive_deletes=True)


@pytest.mark.parametrize("change", ["DROP odd", "ALTER chat TYPE text"])
def test_database_that_is_not_as_the_model_says_decides_nothing(subject: Subjects, change: str) -> None:
    """The ORM names a column that is not there: that is no delete that it does otherwise than SQL."""
    made = subject(ondelete=None)
    made.held.run("ALTER TABLE message DROP CONSTRAINT message_chat_fkey")
    made.held.run(f"ALTER TABLE message {change}")
    made.held.learn()
    with pytest.raises(UndecidedError, match="Undefined"):
        made.examine(cascade=ALL)
