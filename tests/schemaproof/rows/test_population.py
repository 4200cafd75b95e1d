"""What populations plant and read, which tables they refuse, and which cases their rows reach."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import psycopg
import pytest
from hypothesis import Phase, find, settings
from hypothesis import strategies as st
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, text

from schemaproof.postgres import Database
from schemaproof.rows.metadata import tables_of_metadata
from schemaproof.rows.planting import PLACE
from schemaproof.rows.population import Population, Reference, Row, Rows
from schemaproof.rows.shrinking import fewest
from tests.schemaproof.rows.conftest import Connection, run
from tests.schemaproof.rows.populations import accepted, drawn, each, learnt, of, refusals

CHAT = """
CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email varchar(255) NOT NULL UNIQUE);
CREATE TABLE talks (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE, title text);
CREATE TABLE messages (id uuid PRIMARY KEY, talk_id uuid NOT NULL REFERENCES talks ON DELETE CASCADE,
    role varchar(20) NOT NULL CHECK (role IN ('user', 'tool')), calls jsonb, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE configs (user_id uuid NOT NULL REFERENCES users, name varchar(100) NOT NULL, body jsonb NOT NULL,
    enabled bool NOT NULL DEFAULT true, UNIQUE (user_id, name));
"""
TREE = """
CREATE TABLE t (id int PRIMARY KEY, parent_id int REFERENCES t);
CREATE TABLE leaf (id int PRIMARY KEY, t_id int REFERENCES t, other_id int NOT NULL REFERENCES t);
"""
T, LEAF = ("public", "t"), ("public", "leaf")


def parents(rows: Rows) -> dict[str | None, str | None]:
    return {row["id"]: row["parent_id"] for row in rows[T]}


def depth(rows: Rows) -> int:
    """The number of levels of the deepest tree that ends in a root."""
    above = parents(rows)
    levels = []
    for one in above:
        chain: list[str | None] = [one]
        while (parent := above[chain[-1]]) is not None and parent not in chain:
            chain.append(parent)
        levels.append(len(chain) if parent is None else 0)
    return max(levels, default=0)


def most_children(rows: Rows) -> int:
    return max(Counter(row["other_id"] for row in rows[LEAF]).values(), default=0)


EDGES = {"0", "-1", "2147483647", "-2147483648"}
CASES: dict[str, Callable[[Rows], bool]] = {
    "a key that is NULL": lambda rows: any(row["t_id"] is None for row in rows[LEAF]),
    "a tree three levels deep": lambda rows: depth(rows) >= 3,
    "a shared parent": lambda rows: most_children(rows) > 1,
    "many children of one parent": lambda rows: most_children(rows) >= 5,
    "children of several parents": lambda rows: len({row["other_id"] for row in rows[LEAF]}) > 2,
    "an empty table beside a full one": lambda rows: not rows[LEAF] and len(rows[T]) > 1,
    "nothing at all": lambda rows: not rows[T],
    "all tables filled": lambda rows: bool(rows[T] and rows[LEAF]),
    "several roots": lambda rows: [*parents(rows).values()].count(None) > 1,
    "a row that refers to itself": lambda rows: any(one == parent for one, parent in parents(rows).items()),
    "a row that refers to a later one": lambda rows: any(
        row["parent_id"] in [later["id"] for later in rows[T][place + 1 :]] for place, row in enumerate(rows[T])
    ),
    "two keys to different rows": lambda rows: any(row["t_id"] not in (None, row["other_id"]) for row in rows[LEAF]),
    "a key at its type's edge": lambda rows: any(row["other_id"] in EDGES for row in rows[LEAF]),
}


@pytest.fixture
def population(connection: Connection) -> Population:
    """Of the tables of a chat."""
    return learnt(connection, CHAT)


def test_rows_reach_the_hard_cases(connection: Connection) -> None:
    reached: Counter[str] = Counter()
    each(
        learnt(connection, TREE).rows(),
        300,
        lambda rows: reached.update(name for name, case in CASES.items() if case(rows)),
    )
    assert {name: reached[name] for name in CASES if reached[name] < 6} == {}


def test_none_of_many_rows_is_refused(connection: Connection, population: Population) -> None:
    assert refusals(connection, population, drawn(population.rows(), 300)) == []


def test_what_is_planted_is_read_back_as_it_was(connection: Connection, population: Population) -> None:
    for rows in drawn(population.rows()):
        with connection.transaction(force_rollback=True):
            population.plant(connection.cursor(), rows)
            read = population.read(connection.cursor(), rows.keys())
        assert {name: in_order(map(without_place, some)) for name, some in read.items()} == {
            name: in_order(some) for name, some in rows.items()
        }
        assert all(row["tableoid"] and row["ctid"] for some in read.values() for row in some)


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows of one table in an order of their own: where the server puts them depends on what was there before."""
    return sorted(rows, key=lambda row: sorted((name, value or "") for name, value in row.items()))


def without_place(row: Row) -> dict[str, str | None]:
    return {name: value for name, value in row.items() if name not in PLACE}


def test_planting_and_reading_take_a_prepared_statement_each(connection: Connection, population: Population) -> None:
    cursor, known = connection.cursor(), "SELECT count(*) FROM pg_prepared_statements"
    for rows in drawn(population.rows()):
        with connection.transaction(force_rollback=True):
            population.plant(cursor, rows)
            population.read(cursor, rows.keys())
    assert connection.execute(known, prepare=False).fetchone() == (2,)


def test_reading_does_not_depend_on_the_shape_of_rows(connection: Connection, population: Population) -> None:
    cursor = psycopg.Cursor(connection, row_factory=dict_row)
    assert population.read(cursor, [("public", "users"), ("public", "talks")]) == {
        ("public", "users"): [],
        ("public", "talks"): [],
    }


def test_two_messages_of_a_talk_shrink_to_them_and_what_they_refer_to(population: Population) -> None:
    def two(rows: Rows) -> bool:
        talks = Counter(row["talk_id"] for row in rows["public", "messages"])
        there = {row["id"] for row in rows["public", "talks"]}
        owners = {row["user_id"] for row in rows["public", "talks"]}
        whole = talks.keys() <= there and owners <= {row["id"] for row in rows["public", "users"]}
        return whole and max(talks.values(), default=0) >= 2

    found = find(population.rows(), two, settings=settings(derandomize=True, database=None, max_examples=500))
    counts = {table: len(rows) for (_, table), rows in fewest(found, two).items()}
    assert counts == {"users": 1, "talks": 1, "configs": 0, "messages": 2}


def test_a_chain_shrinks_to_three_rows(connection: Connection) -> None:
    population = learnt(connection, TREE)
    found = find(
        population.rows([T]),
        lambda rows: depth(rows) >= 3,
        settings=settings(derandomize=True, database=None, max_examples=500, phases=[Phase.generate, Phase.shrink]),
    )

    def deep(rows: Rows) -> bool:
        ids = {row["id"] for row in rows[T]}
        return all(row["parent_id"] in {None, *ids} for row in rows[T]) and depth(rows) >= 3

    # What Hypothesis leaves depends on the modules that are loaded; rows that nobody needs go for certain.
    one, two, three = fewest(found, deep)[T]
    assert (one["parent_id"], two["parent_id"], three["parent_id"]) == (None, one["id"], two["id"])


def test_the_same_tables_give_the_same_rows(connection: Connection, population: Population) -> None:
    assert drawn(Population.learn(connection).rows()) == drawn(population.rows())


def test_rows_of_some_tables_come_with_what_they_must_refer_to(population: Population) -> None:
    names = {name for rows in drawn(population.rows([("public", "messages")]), 5) for _, name in rows}
    assert names == {"messages", "talks", "users"}


def test_keys_to_tables_outside_are_null(connection: Connection) -> None:
    population = learnt(
        connection, "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, a int REFERENCES a)"
    )
    assert {row["a"] for row in of(drawn(population.rows([T])))} == {None}


def test_a_table_has_no_more_rows_than_asked_for(population: Population) -> None:
    counts = {len(some) for rows in drawn(population.rows(most=2), 100) for some in rows.values()}
    assert counts == {0, 1, 2}


def test_learning_leaves_nothing_behind(connection: Connection) -> None:
    seen = "SELECT array_agg(relname::text ORDER BY 1) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    kept = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_proc)"
    run(connection, CHAT)
    before = [connection.execute(query).fetchone() for query in (seen, kept)]
    Population.learn(connection)
    assert [connection.execute(query).fetchone() for query in (seen, kept)] == before
    assert connection.info.transaction_status == TransactionStatus.IDLE


_FUNCTION = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $${}$$; CREATE TABLE t (id int PRIMARY KEY); "
_TRIGGER = "CREATE TRIGGER g {} INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()"


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (_FUNCTION.format("BEGIN RAISE 'never'; END") + _TRIGGER.format("BEFORE"), "never"),
        (_FUNCTION.format("BEGIN RETURN NULL; END") + _TRIGGER.format("BEFORE"), "does not keep"),
        (_FUNCTION.format("BEGIN DELETE FROM t; RETURN NULL; END") + _TRIGGER.format("AFTER"), "does not keep"),
        ("CREATE TABLE t (id int); CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING", "does not keep"),
        ("CREATE TABLE t (id int) PARTITION BY LIST (id)", "no partition"),
        ("CREATE TABLE t (id int CHECK (id <> id AND id IS NOT NULL))", "violates check constraint"),
        ("CREATE TABLE t (a regclass NOT NULL)", 'column "a" of type regclass'),
    ],
)
def test_a_table_that_takes_no_rows_is_refused(statements: str, reason: str, connection: Connection) -> None:
    population = learnt(connection, statements + "; CREATE TABLE u (a int)")
    assert reason in population.refused["public.t"]
    assert population.tables == (("public", "u"),)


def test_a_table_that_must_refer_to_a_refused_one_is_refused(connection: Connection) -> None:
    population = learnt(
        connection,
        _FUNCTION.format("BEGIN RAISE 'never'; END")
        + _TRIGGER.format("BEFORE")
        + "; CREATE TABLE u (t int NOT NULL REFERENCES t); CREATE TABLE v (t int REFERENCES t)",
    )
    assert population.refused["public.u"] == "it refers to public.t, which can't be filled: never"
    assert {row["t"] for row in of(drawn(population.rows()), "v")} == {None}
    with pytest.raises(ValueError, match=r"public\.u can't be filled: it refers to public\.t"):
        population.rows([("public", "u")])


def test_a_table_that_takes_one_row_gets_one(connection: Connection) -> None:
    body = "BEGIN IF EXISTS (SELECT FROM t) THEN RAISE 'only one'; END IF; RETURN new; END"
    forests = accepted(connection, _FUNCTION.format(body) + _TRIGGER.format("BEFORE"))
    assert {len(rows[T]) for rows in forests} == {0, 1}


_COUNTER = """
CREATE TABLE a (id int PRIMARY KEY, n int NOT NULL, label text);
CREATE TABLE log (a int REFERENCES a);
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL REFERENCES a);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    UPDATE a SET n = n + 1 WHERE id = new.a; INSERT INTO log VALUES (new.a); RETURN new; END$$;
CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
"""


def test_parents_whose_counter_is_at_its_limit_are_left_out(connection: Connection) -> None:
    """Trigger f would count further; it also writes rows that nobody planted."""
    forests = accepted(connection, _COUNTER)
    assert max(len(rows[T]) for rows in forests) > 3
    counters = {row["n"] for row in of(forests, "a")}
    assert "2147483647" not in counters
    assert len(counters) > 3
    assert len({row["label"] for row in of(forests, "a")}) > 10


def test_a_table_that_was_to_be_left_is_unknown(connection: Connection) -> None:
    population = learnt(connection, "CREATE TABLE t (); CREATE TABLE u ()", leave=[T])
    assert population.tables == (("public", "u"),)
    with pytest.raises(ValueError, match=r"public\.t is not a table that learn\(\) looked at"):
        population.rows([T])


def test_keys_that_the_database_lacks_are_kept_too(connection: Connection) -> None:
    forests = accepted(
        connection,
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE t (a_id int NOT NULL)",
        keys=[Reference(T, ("a_id",), ("public", "a"), ("id",))],
    )
    assert any(rows[T] for rows in forests)
    assert all({row["a_id"] for row in rows[T]} <= {row["id"] for row in rows["public", "a"]} for rows in forests)


_OWN = "CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL, b text, c jsonb, d int[], e int CHECK (e > 7))"


def test_a_project_s_values_are_the_only_ones(connection: Connection) -> None:
    own: dict[str, st.SearchStrategy[Any]] = {
        "public.t.a": st.sampled_from(["x", "y"]),
        "public.t.b": st.none() | st.booleans(),
        "public.t.c": st.just({"k": [1, None]}),
        "public.t.d": st.lists(st.integers(0, 3) | st.none(), max_size=2),
    }
    rows = of(accepted(connection, _OWN, strategies=own))
    assert {row["a"] for row in rows} == {"x", "y"}
    assert {row["b"] for row in rows} == {None, "true", "false"}
    assert {row["c"] for row in rows} == {'{"k": [1, null]}'}
    assert all(re.fullmatch(r"\{((\d|NULL),?){0,2}\}", row["d"] or "") for row in rows)


def test_a_project_s_rows_keep_their_columns_together(connection: Connection) -> None:
    own = st.sampled_from([{"a": "x", "b": "xx"}, {"a": "y", "b": None}])
    rows = of(accepted(connection, _OWN, strategies={"public.t": own}))
    assert {(row["a"], row["b"]) for row in rows} == {("x", "xx"), ("y", None)}


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"public.t.x": st.just("x")}, r"'public\.t\.x'.*no such table or column.*\"schema\.table\.column\""),
        ({"t": st.just({})}, "no such table or column"),
        ({"public.t": st.just({"x": 1})}, "must have the same keys, columns of public.t"),
        ({"public.t.e": st.just("x")}, r"public\.t\.e gives 'x', which is not of type integer: generate only"),
        ({"public.t.e": st.just(7)}, r"gives '7', which the check t_e_check rejects"),
    ],
)
def test_a_wrong_strategy_is_told(own: dict[str, st.SearchStrategy[Any]], message: str, connection: Connection) -> None:
    with pytest.raises(ValueError, match=message):
        learnt(connection, _OWN, strategies=own)


def test_a_role_that_may_not_write_is_told(empty_database: Database, role: str) -> None:
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        run(connection, f"CREATE TABLE t (a int); CREATE ROLE {role}; SET ROLE {role}")
        try:
            assert "may not" in Population.learn(connection).refused["public.t"]
        finally:
            run(connection, f"RESET ROLE; DROP ROLE {role}")


def test_metadata_gives_the_tables_that_it_would_make(connection: Connection) -> None:
    metadata = MetaData(schema="s")
    one = Table(
        "one", metadata, Column("id", Integer, primary_key=True), Column("a", String, server_default=text("'50%'"))
    )
    Table("two", metadata, Column("one_id", ForeignKey(one.c.id), nullable=False))
    tables, types = tables_of_metadata(connection, metadata)
    assert [str(table) for table in tables] == ["s.one", "s.two"]
    assert [key.parent for key in tables[1].keys.values()] == [("s", "one")]
    assert types[tables[0].columns["id"].type].name == "int4"
    assert connection.execute("SELECT to_regnamespace('s')").fetchone() == (None,)
