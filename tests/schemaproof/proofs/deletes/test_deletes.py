"""Deletes in SQL beside a model's graph, on tables that a test makes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from schemaproof.postgres import Database, Server
from schemaproof.proofs.deletes.comparing import adopted, differing_keys, orphans
from schemaproof.proofs.deletes.deletes import Deleted, Deletes, Disagreement, cases, plainest, refusal
from schemaproof.proofs.deletes.graph import Action, Graph, TableName
from schemaproof.proofs.deletes.ground import Ground, clear, told_columns
from schemaproof.proofs.deletes.outcome import Refusal, Rows
from schemaproof.proofs.deletes.reading import read_graph
from schemaproof.proofs.deletes.searching import search
from schemaproof.rows.population import Population
from schemaproof.rows.population import Rows as Planted

A, B, C = (TableName("public", name) for name in "abc")
CHAIN = """
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE);
CREATE TABLE c (id int PRIMARY KEY, b int REFERENCES b ON DELETE CASCADE, a int REFERENCES a ON DELETE SET NULL);
"""

type Connection = psycopg.Connection[Any]
type Grounds = Callable[..., Ground]


@pytest.fixture
def connection(empty_database: Database) -> Iterator[Connection]:
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def ground(connection: Connection) -> Grounds:
    """The ground of the tables that some statements make, where the model says something else of some keys."""

    def make(statements: str, **actions: Action) -> Ground:
        connection.execute(statements.encode())
        graph = read_graph(connection)
        keys = (replace(key, on_delete=actions.get(key.name, key.on_delete)) for key in graph.keys)
        seeded = clear(connection, graph.tables)
        return Ground(replace(graph, keys=tuple(keys)), graph, Population.learn(connection), seeded)

    return make


@pytest.fixture(scope="module")
def chained(postgres_server: Server) -> Iterator[Connection]:
    """A connection to a database of the module's own with the chain, for tests that leave nothing there."""
    with postgres_server.create() as database, psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(CHAIN.encode())
        yield connection


@pytest.fixture(scope="module")
def graph(chained: Connection) -> Graph:
    return read_graph(chained)


@pytest.fixture(scope="module")
def chain_ground(chained: Connection, graph: Graph) -> Grounds:
    """As ``ground`` of the chain."""
    population = Population.learn(chained)

    def make(**actions: Action) -> Ground:
        keys = (replace(key, on_delete=actions.get(key.name, key.on_delete)) for key in graph.keys)
        return Ground(replace(graph, keys=tuple(keys)), graph, population)

    return make


def disagreements(connection: Connection, ground: Ground, root: TableName = A) -> list[Disagreement]:
    deletes = Deletes(connection.cursor(), ground, examples=60)
    return [one for scope in ground.scopes(root) for one in deletes.disagreements(root, scope)]


def test_tables_as_the_model_says_give_no_disagreement(chained: Connection, chain_ground: Grounds) -> None:
    assert disagreements(chained, chain_ground()) == []


def test_each_key_that_is_not_as_the_model_says_gives_one(chained: Connection, chain_ground: Grounds) -> None:
    found = disagreements(chained, chain_ground(b_a_fkey=Action.RESTRICT, c_a_fkey=Action.CASCADE))
    assert {one.key.name for one in found if one.key} == {"b_a_fkey", "c_a_fkey"}
    assert len(found) == 2


def test_disagreement_is_shown_with_the_fewest_rows(chained: Connection, chain_ground: Grounds) -> None:
    (one,) = disagreements(chained, chain_ground(c_b_fkey=Action.SET_NULL))
    assert {name.name: len(rows) for name, rows in one.deleted.before.items()} == {"a": 1, "b": 1, "c": 1}
    assert one.deleted.targets == (0,)


def test_delete_leaves_nothing_behind(chained: Connection, chain_ground: Grounds) -> None:
    disagreements(chained, chain_ground(c_b_fkey=Action.SET_NULL))
    assert chained.execute("SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM c)").fetchone() == (0,)


def test_rows_of_the_revisions_take_part(connection: Connection, ground: Grounds) -> None:
    """They may refuse a delete; the oracle must know them."""
    refusing = CHAIN.replace("REFERENCES b ON DELETE CASCADE", "REFERENCES b")
    made = ground(refusing + "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1); INSERT INTO c VALUES (1, 1)")
    assert set(made.seeded) == {A, B, C}
    assert disagreements(connection, made) == []


def test_many_rows_of_the_revisions_are_cleared(connection: Connection, ground: Grounds) -> None:
    made = ground(CHAIN + "INSERT INTO a SELECT generate_series(1, 21); INSERT INTO c VALUES (1)")
    assert made.seeded == ()
    assert connection.execute("SELECT count(*) FROM a").fetchone() == (0,)


def test_twenty_rows_of_the_revisions_stay(ground: Grounds) -> None:
    made = ground(CHAIN + "INSERT INTO a SELECT generate_series(1, 20)")
    assert made.seeded == (A,)
    assert made.told([B], {C: []}) == [B, C, A]


def test_trigger_that_decides_by_chance_is_told_and_no_disagreement(connection: Connection, ground: Grounds) -> None:
    chance = """
    CREATE FUNCTION chance() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF nextval('s') % 2 = 0 THEN RETURN NULL; END IF; RETURN OLD; END $$;
    CREATE SEQUENCE s;
    CREATE TRIGGER chance BEFORE DELETE ON a FOR EACH ROW EXECUTE FUNCTION chance();
    """
    made = ground(CHAIN + chance)
    deletes = Deletes(connection.cursor(), made, examples=60)
    found = [one for scope in made.scopes(A) for one in deletes.disagreements(A, scope)]
    assert (found, [*deletes.unsteady]) == ([], [A])


def test_scopes_cover_every_child_a_dozen_tables_at_a_time(ground: Grounds) -> None:
    children = [f"CREATE TABLE t{n} (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE);" for n in range(20)]
    below = [f"CREATE TABLE u{n} (id int PRIMARY KEY, t int REFERENCES t0 ON DELETE CASCADE);" for n in range(7)]
    made = ground("CREATE TABLE a (id int PRIMARY KEY);" + "".join(children + below))
    scopes = list(made.scopes(A))
    assert {table.name for scope in scopes for table in scope} >= {"a", "u0", *(f"t{n}" for n in range(20))}
    assert all(scope[0] == A and len(scope) <= 12 for scope in scopes)


def test_roots_are_the_tables_that_are_referred_to(ground: Grounds) -> None:
    made = ground(CHAIN + "CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree)")
    assert [table.name for table in made.roots()] == ["a", "b", "tree"]
    assert list(made.scopes(TableName("public", "tree"))) == [(TableName("public", "tree"),)]
    assert list(made.scopes(A)) == [(A, B, C)]


def test_differing_keys_are_those_of_another_action_and_those_of_one_side(graph: Graph) -> None:
    first, second, third = graph.keys
    model = replace(graph, keys=(replace(first, on_delete=Action.RESTRICT), second))
    assert [key.link for key in differing_keys(model, graph)] == [first.link, third.link]


def test_adopted_keys_make_the_model_the_database(graph: Graph) -> None:
    first, second, third = graph.keys
    model = replace(graph, keys=(replace(first, on_delete=Action.RESTRICT), second))
    for key in differing_keys(model, graph):
        model = adopted(model, key, graph)
    assert set(model.keys) == {first, second, third}


def test_adopted_key_that_the_database_lacks_is_none(graph: Graph) -> None:
    first, *rest = graph.keys
    assert adopted(graph, first, replace(graph, keys=tuple(rest))).keys == tuple(rest)


@pytest.mark.parametrize(("reference", "lost"), [("1", False), ("2", True), (None, False)])
def test_orphans_are_rows_that_refer_to_none(graph: Graph, reference: str | None, *, lost: bool) -> None:
    after: Rows = {A: [{"id": "1"}], B: [{"id": "5", "a": reference}]}
    assert orphans(graph, after) is lost


def test_refusal_leaves_no_orphans(graph: Graph) -> None:
    assert not orphans(graph, Refusal("no"))


def deleted(connection: Connection, ground: Ground, rows: Planted, *numbers: int) -> Deleted | None:
    return Deletes(connection.cursor(), ground, examples=1).delete(A, tuple(ground.model.tables), (rows, [*numbers]))


def test_rows_that_are_refused_are_not_deleted(chained: Connection, chain_ground: Grounds) -> None:
    assert deleted(chained, chain_ground(), {A: [{"id": "1"}, {"id": "1"}]}, 0) is None
    assert chained.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_where_there_are_no_rows_none_is_deleted(chained: Connection, chain_ground: Grounds) -> None:
    assert deleted(chained, chain_ground(), {A: []}, 0) is None


def test_targets_are_rows_by_number_however_large(chained: Connection, chain_ground: Grounds) -> None:
    found = deleted(chained, chain_ground(), {A: [{"id": "1"}, {"id": "2"}]}, 1, 5, 3)
    assert found is not None
    assert found.targets == (1,)


def test_deferred_key_refuses_as_at_commit(connection: Connection, ground: Grounds) -> None:
    made = ground(CHAIN.replace("a ON DELETE CASCADE", "a DEFERRABLE INITIALLY DEFERRED"))
    found = deleted(connection, made, {A: [{"id": "1"}], B: [{"id": "1", "a": "1"}]}, 0)
    assert found is not None
    assert isinstance(found.after, Refusal)
    assert found.after.constraint == "b_a_fkey"


_REFUSING = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'never' USING ERRCODE = 'check_violation', CONSTRAINT = 'b_a_fkey'; END $$;
CREATE TRIGGER refuse BEFORE DELETE ON a FOR EACH ROW EXECUTE FUNCTION refuse();
"""


def test_refusal_by_anything_but_a_key_names_no_constraint(connection: Connection, ground: Grounds) -> None:
    found = deleted(connection, ground(CHAIN + _REFUSING), {A: [{"id": "1"}]}, 0)
    assert found is not None
    assert found.after == Refusal("never")


def test_lost_connection_is_no_refusal(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.AdminShutdown) as caught:
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(psycopg.errors.AdminShutdown):
        refusal(caught.value)


def test_condition_that_is_true_only_once_is_unsteady(chained: Connection, chain_ground: Grounds) -> None:
    deletes, answers = Deletes(chained.cursor(), chain_ground(), examples=20), iter([True])
    assert deletes.first([A, B], lambda _: next(answers, False)) is None
    assert [*deletes.unsteady] == [A]
    assert "Flaky" in deletes.unsteady[A]
    assert "public.a: " in deletes.unsteady[A]


def test_default_that_nobody_knows_is_taken_from_the_server(connection: Connection, ground: Grounds) -> None:
    default = "a int DEFAULT (random() * 0) REFERENCES a ON DELETE SET DEFAULT"
    made = ground(CHAIN.replace("a int REFERENCES a ON DELETE CASCADE", default) + "INSERT INTO a VALUES (0)")
    assert disagreements(connection, made) == []


def test_cases_name_several_rows_and_always_have_one(chain_ground: Grounds) -> None:
    found = search(cases(chain_ground().population, [A, B]), lambda case: len(case[1]) > 1, examples=100)
    assert found is not None
    assert len(found[0][A]) == 1


_KEEPING = """
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} END $$;
CREATE TRIGGER keep BEFORE DELETE ON {} FOR EACH ROW EXECUTE FUNCTION keep();
"""


@pytest.mark.parametrize(("table", "lost"), [("a", False), ("b", True)])
def test_trigger_that_keeps_rows_is_told_once_and_without_a_key(
    table: str, connection: Connection, ground: Grounds, *, lost: bool
) -> None:
    made = ground(CHAIN + _KEEPING.format("RETURN NULL;", table), c_a_fkey=Action.CASCADE)
    deletes = Deletes(connection.cursor(), made, examples=60)
    (one,) = deletes.disagreements(A, (A, B))
    assert (one.key, one.orphans) == (None, lost)


@pytest.mark.parametrize(
    "change",
    [
        {"match_full": True},
        {"deferrable": True},
        {"deferred": True},
        {"set_columns": ("a",)},
        {"on_delete": Action.SET_NULL},
    ],
)
def test_differing_keys_differ_in_whatever_a_delete_obeys(change: dict[str, Any], graph: Graph) -> None:
    first, *rest = graph.keys
    assert differing_keys(replace(graph, keys=(replace(first, **change), *rest)), graph) == [replace(first, **change)]


def test_key_that_only_the_database_has_is_adopted(graph: Graph) -> None:
    first, *rest = graph.keys
    assert set(adopted(replace(graph, keys=tuple(rest)), first, graph).keys) == set(graph.keys)


def test_compared_are_the_columns_of_keys_and_all_where_there_are_none(connection: Connection) -> None:
    connection.execute(CHAIN.encode() + b"CREATE TABLE plain (x int, y int); ALTER TABLE a ADD u int UNIQUE, ADD v int")
    connection.execute("CREATE TABLE d (a int REFERENCES a (u), note text)")
    graph = read_graph(connection)
    told = {name.name: told_columns(graph, name) for name in graph.tables}
    assert told == {"a": ("id", "u"), "b": ("id", "a"), "c": ("id", "b", "a"), "d": ("a",), "plain": ("x", "y")}


# Five rows of it fill a page. The last page has room for one more, so that the next ones go where a VACUUM makes room.
CRAMPED = """
CREATE TABLE a (id int PRIMARY KEY, pad char(1500) NOT NULL DEFAULT '');
ALTER TABLE a ALTER pad SET STORAGE PLAIN;
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE);
INSERT INTO a SELECT n FROM generate_series(100, 108) n;
DELETE FROM a WHERE id < 102;
"""


def test_case_names_the_same_rows_wherever_they_lie(connection: Connection, ground: Grounds) -> None:
    made = ground(CRAMPED)
    rows: Planted = {A: [{"id": str(n), "pad": ""} for n in range(1, 4)]}

    def told() -> tuple[list[str | None], list[set[str | None]]]:
        """How the rows lie, and which ones each number stands for."""
        found = [Deletes(connection.cursor(), made, examples=1).delete(A, [A, B], (rows, [n])) for n in range(4)]
        assert all(found)
        lying = [row["id"] for row in found[0].before[A]] if found[0] else []
        return lying, [{one.before[A][place]["id"] for place in one.targets} for one in found if one]

    lay, named = told()
    connection.execute("VACUUM a")
    lie, named_then = told()
    assert lay != lie
    assert named == named_then


def test_delete_takes_rows_of_one_partition_only(connection: Connection, ground: Grounds) -> None:
    """Rows of two partitions lie at the same place each."""
    made = ground(
        """
        CREATE TABLE a (id int PRIMARY KEY) PARTITION BY LIST (id);
        CREATE TABLE a1 PARTITION OF a FOR VALUES IN (1);
        CREATE TABLE a2 PARTITION OF a DEFAULT;
        CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE);
        """
    )
    connection.execute("VACUUM a")
    found = Deletes(connection.cursor(), made, examples=1).delete(A, [A, B], ({A: [{"id": "1"}, {"id": "2"}]}, [0]))
    assert found is not None
    assert not isinstance(found.after, Refusal)
    assert [row["id"] for row in found.after[A]] == ["2"]


def test_rows_that_a_trigger_refuses_show_nothing(connection: Connection, ground: Grounds) -> None:
    made = ground(CHAIN)
    connection.execute("""
    CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'never'; END $$;
    CREATE TRIGGER never BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION never();
    """)
    assert deleted(connection, made, {A: [{"id": "1"}]}, 0) is None


def test_rows_that_others_refer_to_are_not_sent_to_be_left_out(chain_ground: Grounds) -> None:
    """In a deep schema nearly every row is one; the server would refuse them all."""
    found, sent = chain_ground(), list[Planted]()
    rows: Planted = {A: [{"id": "1"}], B: [{"id": "1", "a": "1"}], C: [{"id": "1", "b": "1", "a": None}]}

    def shows(case: tuple[Planted, list[int]]) -> bool:
        sent.append(case[0])
        return bool(case[0][C])

    fewer, _ = plainest((rows, [0]), shows, A, found)
    assert fewer == rows
    assert {name: [len(one[name]) for one in sent].count(0) for name in rows} == {A: 0, B: 0, C: 1}
