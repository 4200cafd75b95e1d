"""Races between a delete and a session that gives the row a child: PostgreSQL itself says what comes of them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from sqlalchemy import ForeignKey as DeclaredKey
from sqlalchemy import Integer, NullPool, TypeDecorator, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from schemaproof.postgres import Database
from schemaproof.proofs.deletes import contest as contests
from schemaproof.proofs.deletes import races
from schemaproof.proofs.deletes.checks.concurrent import _cut as cut_short
from schemaproof.proofs.deletes.contest import Contest, Contested
from schemaproof.proofs.deletes.graph import Action, ForeignKey, Graph, TableName
from schemaproof.proofs.deletes.mapped import Mapped as MappedClasses
from schemaproof.proofs.deletes.races import SESSIONS, Final, Race, Result, Wrong
from schemaproof.proofs.deletes.races import _places as telling_places
from schemaproof.proofs.deletes.reading import read_graph

ACTIONS = ["NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"]
CHILD, PARENT = TableName("public", "child"), TableName("public", "parent")
KEY = ForeignKey(CHILD, ("parent_id",), PARENT, ("id",), on_delete=Action.CASCADE)

TABLES = """
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int PRIMARY KEY, parent_id int {});
"""

# A key by hand: it looks, but it does not lock.
IMITATED = """
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int PRIMARY KEY, parent_id int NOT NULL);
CREATE FUNCTION refers() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NOT EXISTS (SELECT FROM parent WHERE id = NEW.parent_id {lock}) THEN RAISE foreign_key_violation; END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION cascade() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM child WHERE parent_id = OLD.id; RETURN NULL;
END $$;
CREATE TRIGGER refers BEFORE INSERT OR UPDATE ON child FOR EACH ROW EXECUTE FUNCTION refers();
CREATE TRIGGER cascade AFTER DELETE ON parent FOR EACH ROW EXECUTE FUNCTION cascade();
"""

THREE_LEVELS = """
CREATE TABLE top (id int PRIMARY KEY);
CREATE TABLE middle (id int PRIMARY KEY, top_id int NOT NULL REFERENCES top ON DELETE {});
CREATE TABLE bottom (id int PRIMARY KEY, middle_id int NOT NULL REFERENCES middle ON DELETE CASCADE);
"""

type Contests = Callable[..., Contested]


@pytest.fixture
def contest(empty_database: Database) -> Iterator[Contests]:
    """Run the races of the tables that some statements make; ``adjust`` makes the model of the database's graph."""
    with ExitStack() as stack:

        def run(
            statements: str,
            adjust: Callable[[Graph], Graph] = lambda graph: graph,
            base: type[DeclarativeBase] | None = None,
            **options: Any,
        ) -> Contested:
            observer = stack.enter_context(psycopg.connect(empty_database.dsn, autocommit=True))
            observer.execute(statements.encode())
            if options:
                observer.close()
                observer = stack.enter_context(psycopg.connect(empty_database.dsn, autocommit=True, **options))
            first, second = (stack.enter_context(psycopg.connect(empty_database.dsn, **options)) for _ in range(2))
            graph, orm = read_graph(observer), None
            if base is not None:
                engine = create_engine(empty_database.url("psycopg"), poolclass=NullPool)
                mapped = MappedClasses([base.metadata], lambda schema: schema or "public")
                orm = mapped, stack.enter_context(engine.connect())
            return Contest(observer, (first, second), adjust(graph), graph, orm).run()

        yield run


def with_key(graph: Graph) -> Graph:
    return replace(graph, keys=(*graph.keys, KEY))


def wrongs(contested: Contested) -> list[tuple[Wrong, bool]]:
    return [(fault.wrong, by_orm) for fault, by_orm in contested.faults]


def assert_sound(contested: Contested, *, keys: int) -> None:
    """All keys were tried, and nothing was found."""
    assert contested.refused == {}
    assert len(contested.tried) == keys
    assert contested.faults == []


@pytest.mark.parametrize("action", ACTIONS, ids=range(len(ACTIONS)))
@pytest.mark.parametrize("deferred", ["", "DEFERRABLE INITIALLY DEFERRED"])
def test_foreign_key_stands_every_order(contest: Contests, action: str, deferred: str) -> None:
    found = contest(
        "CREATE TABLE parent (id int PRIMARY KEY);"
        f"CREATE TABLE child (id serial PRIMARY KEY, parent_id int REFERENCES parent ON DELETE {action} {deferred})"
    )
    assert_sound(found, keys=1)


@pytest.mark.parametrize("action", ACTIONS, ids=range(len(ACTIONS)))
def test_tree_stands_every_order(contest: Contests, action: str) -> None:
    tree = f"CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree ON DELETE {action})"
    assert_sound(contest(tree), keys=1)


def test_composite_keys_and_two_paths_stand_every_order(contest: Contests) -> None:
    found = contest("""
        CREATE TABLE parent (id int PRIMARY KEY, part int NOT NULL, UNIQUE (part, id));
        CREATE TABLE child (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES parent ON DELETE CASCADE);
        CREATE TABLE grandchild (id int PRIMARY KEY, child_id int NOT NULL REFERENCES child ON DELETE RESTRICT,
            parent_id int NOT NULL REFERENCES parent ON DELETE CASCADE);
        CREATE TABLE other (part int, parent_id int,
            FOREIGN KEY (part, parent_id) REFERENCES parent (part, id) MATCH FULL ON DELETE CASCADE);
    """)
    assert_sound(found, keys=4)


def test_rows_of_the_subjects_own_are_no_hindrance(contest: Contests) -> None:
    found = contest("""
        CREATE TABLE parent (id int PRIMARY KEY, name text);
        CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent ON DELETE RESTRICT);
        INSERT INTO parent VALUES (1, 'a'), (2, 'b');
        INSERT INTO child VALUES (1, 1), (2, 2), (3, 1), (4, NULL);
    """)
    assert_sound(found, keys=1)


@pytest.mark.parametrize("column", ["REFERENCES parent ON DELETE SET NULL", "NOT NULL REFERENCES parent"])
def test_foreign_key_leaves_no_orphan(contest: Contests, monkeypatch: pytest.MonkeyPatch, column: str) -> None:
    """A child whose key is NULL is none, and none is planted."""
    finals: list[Final] = []

    def keep(race: Race, found: list[tuple[object, Final]]) -> Result:
        finals.extend(one for _, one in found)
        return judged(race, found)  # type: ignore[arg-type]  # handed on

    judged = races.judged
    monkeypatch.setattr(races, "judged", keep)
    contest(TABLES.format(column))
    assert {one.orphans for one in finals} == {0}


def test_trigger_that_imitates_a_key_without_a_lock_leaves_an_orphan(contest: Contests) -> None:
    found = contest(IMITATED.format(lock=""), with_key)
    assert wrongs(found) == [(Wrong.ORPHAN, False)]
    order = [step.what.partition(" ")[0] for step in found.faults[0][0].course.steps]
    assert order == ["DELETE", "INSERT", "COMMIT", "COMMIT"]


def test_trigger_that_locks_the_parent_stands_every_order(contest: Contests) -> None:
    found = contest(IMITATED.format(lock="FOR KEY SHARE"), with_key)
    assert_sound(found, keys=1)


def test_key_that_the_database_lacks_is_no_matter_of_concurrency(contest: Contests) -> None:
    """One session after the other leaves the orphan as well, which other checks tell."""
    tables = "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY, parent_id int)"
    assert_sound(contest(tables, with_key), keys=1)


def test_key_with_another_action_is_no_matter_of_concurrency(contest: Contests) -> None:
    def cascading(graph: Graph) -> Graph:
        return replace(graph, keys=tuple(replace(key, on_delete=Action.CASCADE) for key in graph.keys))

    found = contest(
        "CREATE TABLE parent (id int PRIMARY KEY);"
        "CREATE TABLE child (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES parent)",
        cascading,
    )
    assert_sound(found, keys=1)


def test_table_that_takes_no_rows_is_named(contest: Contests) -> None:
    found = contest("""
        CREATE TABLE parent (id int PRIMARY KEY);
        CREATE TABLE child (id int PRIMARY KEY CHECK (false), parent_id int REFERENCES parent);
    """)
    assert [str(key.table) for key in found.refused] == ["public.child"]
    assert found.tried == []


def test_row_that_may_be_nowhere_else_is_not_moved(contest: Contests) -> None:
    found = contest("""
        CREATE TABLE parent (id int PRIMARY KEY);
        CREATE TABLE a (id int PRIMARY KEY, parent_id int REFERENCES parent CHECK (parent_id IS NOT NULL));
        CREATE TABLE b (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES parent);
    """)
    assert_sound(found, keys=2)


def test_trigger_that_refuses_every_delete_is_named(contest: Contests) -> None:
    found = contest("""
        CREATE TABLE parent (id int PRIMARY KEY);
        CREATE TABLE child (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES parent ON DELETE CASCADE);
        CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'never'; END $$;
        CREATE TRIGGER never BEFORE DELETE ON parent FOR EACH ROW EXECUTE FUNCTION never();
    """)
    assert list(found.refused.values()) == ["one session after the other fails already"]


def test_delete_over_two_levels_meets_a_deadlock_from_below(contest: Contests) -> None:
    found = contest(THREE_LEVELS.format("CASCADE"))
    assert_sound(found, keys=2)
    assert found.chain is not None
    assert [found.chain.upper.table.name, found.chain.lower.table.name] == ["middle", "bottom"]
    assert list(found.chain.course.lines(SESSIONS))[1] == "delete  DELETE FROM public.top  (waits)"


def test_restrict_above_meets_no_deadlock(contest: Contests) -> None:
    assert contest(THREE_LEVELS.format("RESTRICT")).chain is None


def test_same_tables_show_the_same(contest: Contests, empty_database: Database) -> None:
    def told(contested: Contested) -> object:
        return contested.courses, contested.chain and contested.chain.course, wrongs(contested)

    first = contest(THREE_LEVELS.format("CASCADE"))
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE top, middle, bottom")
    assert told(contest(THREE_LEVELS.format("CASCADE"))) == told(first)


def test_keys_in_question_come_first_where_there_are_many(contest: Contests, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contests, "MOST_KEYS", 2)
    others = "".join(f"CREATE TABLE a{n} (id int PRIMARY KEY REFERENCES parent);" for n in range(3))
    found = contest(IMITATED.format(lock="") + others, with_key)
    assert (found.left_out, len(found.tried)) == (2, 2)
    assert wrongs(found) == [(Wrong.ORPHAN, False)]


def test_role_that_is_no_superuser_plants_rows_as_well(contest: Contests, empty_database: Database) -> None:
    role = f"{empty_database.name}_r"[-60:]
    tables = THREE_LEVELS.format("CASCADE")
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        connection.execute(f'CREATE ROLE "{role}"; GRANT CREATE ON SCHEMA public TO "{role}"'.encode())
        try:
            found = contest(f'SET ROLE "{role}"; {tables}', options=f"-c role={role} -c deadlock_timeout=20ms")
            assert_sound(found, keys=2)
        finally:
            connection.execute(f'DROP OWNED BY "{role}"; DROP ROLE "{role}"'.encode())


def classes(ondelete: str | None, **options: Any) -> type[DeclarativeBase]:
    """Parent and child, with a relationship of these options."""

    class Base(DeclarativeBase):
        pass

    class Parent(Base):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        children = relationship("Child", **options)

    class Child(Base):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int | None] = mapped_column(DeclaredKey("parent.id", ondelete=ondelete))

    Base.kept = Parent, Child  # the registry refers to them weakly
    return Base


def test_delete_that_the_orm_alone_passes_on_is_lost(contest: Contests) -> None:
    found = contest(TABLES.format("NOT NULL REFERENCES parent"), base=classes(None, cascade="all, delete"))
    assert wrongs(found) == [(Wrong.REFUSED, True)]
    assert found.faults[0][0].course.ends[0].state == "23503"


@pytest.mark.parametrize(
    ("ondelete", "options"),
    [
        ("CASCADE", {"cascade": "all, delete", "passive_deletes": True}),
        ("CASCADE", {"cascade": "all, delete"}),
        ("SET NULL", {"passive_deletes": True}),
        ("SET NULL", {}),
        ("RESTRICT", {"passive_deletes": "all"}),
        (None, {"viewonly": True}),
        (None, {}),  # it sets NULL by itself, but nobody said that the delete may not be refused
    ],
    ids=range(7),
)
def test_delete_by_the_orm_is_left_to_the_database(
    contest: Contests, ondelete: str | None, options: dict[str, Any]
) -> None:
    action = f"ON DELETE {ondelete}" if ondelete else ""
    found = contest(TABLES.format(f"REFERENCES parent {action}"), base=classes(ondelete, **options))
    assert_sound(found, keys=1)
    assert found.courses >= 8 + 6  # SQL's, and then the ORM's


def test_class_whose_rows_may_be_of_another_class_is_left_to_sql(contest: Contests) -> None:
    class Base(DeclarativeBase):
        pass

    class Parent(Base):
        __tablename__ = "parent"
        __mapper_args__ = {"polymorphic_on": "kind"}  # noqa: RUF012 (SQLAlchemy's own declaration)
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]

    found = contest(TABLES.format("REFERENCES parent") + "ALTER TABLE parent ADD kind text", base=Base)
    assert PARENT not in MappedClasses([Base.metadata], lambda _: "public")
    assert_sound(found, keys=1)


def test_class_with_more_statements_than_orders_meets_whole_transactions(
    contest: Contests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contests, "MOST_ORDERS", 5)
    monkeypatch.setattr(races, "MOST_ORDERS", 5)
    found = contest(TABLES.format("NOT NULL REFERENCES parent"), base=classes(None, cascade="all, delete"))
    assert wrongs(found) == [(Wrong.REFUSED, True)]
    assert found.faults[0][0].course.steps[2].what == "INSERT INTO public.child; COMMIT"


def test_keys_of_which_not_all_orders_were_gone_through_are_known(
    contest: Contests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contests, "MOST_ORDERS", 4)
    monkeypatch.setattr(races, "MOST_ORDERS", 4)
    found = contest(TABLES.format("NOT NULL REFERENCES parent"), base=classes(None, cascade="all, delete"))
    assert [key.table for key in found.cut] == [CHILD]
    assert wrongs(found) == [(Wrong.REFUSED, True)]


def test_order_in_which_the_other_session_is_first_is_among_those_that_are_left(
    contest: Contests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its outcome is right, and others have it too: without it, nothing could be judged."""
    monkeypatch.setattr(contests, "MOST_ORDERS", 2)
    monkeypatch.setattr(races, "MOST_ORDERS", 2)
    keeps = """
    CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT FROM child WHERE parent_id = OLD.id) THEN RETURN NULL; END IF;
        RETURN OLD;
    END $$;
    CREATE TRIGGER keep BEFORE DELETE ON parent FOR EACH ROW EXECUTE FUNCTION keep();
    """
    found = contest(TABLES.format("NOT NULL REFERENCES parent ON DELETE CASCADE") + keeps)
    assert len(found.tried) == 1
    assert wrongs(found) == []


def test_note_names_the_keys_of_which_not_all_orders_were_gone_through() -> None:
    said = cut_short([KEY])
    assert (said.severity, said.evidence) == ("note", str(KEY))
    assert "in some orders only beside an insert for 1 foreign key:" in said.message


def test_session_comes_beside_statements_of_the_keys_tables_first() -> None:
    others = [f"SELECT other_{n}.id FROM other_{n}" for n in range(50)]
    places = telling_places([*others, "SELECT child.id FROM child", *others, "DELETE FROM parent", "COMMIT"], KEY)
    assert places[:5] == [0, 50, 51, 101, 102]
    assert sorted(places) == [*range(103)]


def test_race_leaves_nothing_in_the_way_of_the_next(contest: Contests, empty_database: Database) -> None:
    """A child that won would refuse the delete in every order of another child's race."""
    others = "".join(f"CREATE TABLE a{n} (id int PRIMARY KEY, up int REFERENCES parent);" for n in range(2))
    contest(f"CREATE TABLE parent (id int PRIMARY KEY); {others}")
    with psycopg.connect(empty_database.dsn) as connection:
        assert connection.execute("SELECT FROM parent UNION ALL SELECT FROM a0 UNION ALL SELECT FROM a1").rowcount == 0


def test_classes_of_others_that_are_broken_are_no_hindrance() -> None:
    """Such as what is left of an earlier import of the same modules."""

    class Others(DeclarativeBase):
        pass

    class Broken(Others):
        __tablename__ = "broken"
        id: Mapped[int] = mapped_column(primary_key=True)
        gone = relationship("Gone")

    base = classes("CASCADE", passive_deletes=True)
    try:
        assert PARENT in MappedClasses([base.metadata], lambda _: "public")
    finally:
        Broken.registry.dispose()


def test_value_that_the_class_does_not_know_leaves_it_to_sql(contest: Contests) -> None:
    class Odd(TypeDecorator[int]):
        impl = Integer
        cache_ok = True

        def process_result_value(self, value: int | None, _dialect: object) -> int | None:
            raise ValueError(f"{value} is no such number")

    class Base(DeclarativeBase):
        pass

    class Parent(Base):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(Odd, primary_key=True)

    assert_sound(contest(TABLES.format("REFERENCES parent"), base=Base), keys=1)
    assert issubclass(Parent, Base)
