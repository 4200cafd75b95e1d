"""The oracle against PostgreSQL: any schema, any rows, any statements."""

import pytest
from hypothesis import given, note

from schemaproof.proofs.deletes.graph import Action, ForeignKey, Graph, Table, TableName
from schemaproof.proofs.deletes.oracle import Refused, Rows, Transaction, Why, delete, insert, update
from schemaproof.proofs.deletes.reading import read_graph
from tests.schemaproof.proofs.deletes import server
from tests.schemaproof.proofs.deletes.schemas import Planted, Play, Step, part, plays
from tests.schemaproof.proofs.deletes.server import Connection


def said_of(transaction: Transaction, step: Step) -> tuple[str, Rows | Refused]:
    """The statement, and what the oracle says of it."""
    rows = transaction.rows[step.table]
    deferrable = [key for key in transaction.graph.keys if key.deferrable]
    keys = [deferrable[step.key % len(deferrable)]] if deferrable and step.key is not None else None
    numbers = sorted({number % len(rows) for number in step.numbers}) if rows else []
    values = dict(step.values)
    if step.verb == "insert":
        statement, refused = server.insert_statement(step.table, values), transaction.insert(step.table, values)
    elif step.verb == "immediate":
        statement, refused = f"SET CONSTRAINTS {server.names(keys)} IMMEDIATE", transaction.set_immediate(keys)
    elif step.verb == "defer":
        statement, refused = f"SET CONSTRAINTS {server.names(keys)} DEFERRED", None
        transaction.set_deferred(keys)
    elif not numbers:
        statement, refused = "SELECT 1", None
    elif step.verb == "delete":
        statement = server.delete_statement(step.table, [rows[number] for number in numbers])
        refused = transaction.delete([(step.table, number) for number in numbers])
    else:
        statement = server.update_statement(step.table, rows[numbers[0]], values)
        refused = transaction.update((step.table, numbers[0]), values)
    return statement, refused or transaction.rows


def assert_agrees(connection: Connection, graph: Graph, rows: Planted, steps: list[Step], *, own: bool) -> None:
    """The server does what the oracle says, statement by statement; at the end all is checked that waits."""
    transaction = Transaction(graph, rows, own=own)
    for step in steps:
        statement, said = said_of(transaction, step)
        note(statement)
        done = server.execute(connection, graph, statement)
        assert server.same(said, done), f"{statement}: {said} is not {done}"
    said = transaction.set_immediate() or transaction.rows
    done = server.execute(connection, graph, "SET CONSTRAINTS ALL IMMEDIATE")
    assert server.same(said, done), f"the end: {said} is not {done}"


@part(5)
@given(play=plays())
def test_oracle_says_what_postgresql_does(connection: Connection, play: Play) -> None:
    with connection.transaction(force_rollback=True):
        script = "; ".join([server.ddl(play.graph), server.plant(play.rows), server.checked(play.graph)])
        note(script)
        connection.execute(script.encode())
        graph = read_graph(connection)
        assert set(graph.keys) == set(play.graph.keys)
        assert_agrees(connection, graph, play.rows, play.steps, own=True)


@part(10)
@given(play=plays())
def test_oracle_says_what_postgresql_does_with_rows_that_were_committed(connection: Connection, play: Play) -> None:
    script = f"{server.ddl(play.graph)}; {server.plant(play.rows)}"
    note(script)
    connection.execute(script.encode())
    try:
        with connection.transaction(force_rollback=True):
            assert_agrees(connection, read_graph(connection), play.rows, play.steps, own=False)
    finally:
        connection.execute("DROP SCHEMA s CASCADE")


A, B = TableName("s", "a"), TableName("s", "b")


def two_tables(action: Action, *, deferred: bool = False) -> Graph:
    """A table a, and b that refers to it by its a; b has a default and what refuses NULL and duplicates besides."""
    key = ForeignKey(B, ("a",), A, ("id",), "k", action, set_columns=("a",), deferrable=deferred, deferred=deferred)
    columns = ("id", "a", "given")
    b = Table(B, columns, frozenset({"id", "given"}), ("id",), (("id",),), {"a": "1", "given": "5"})
    return Graph({A: Table(A, ("id",), frozenset({"id"}), ("id",), (("id",),)), B: b}, (key,))


def test_rows_need_no_more_than_the_columns_of_keys() -> None:
    said = delete(two_tables(Action.SET_NULL), {A: [{"id": "1"}], B: [{"a": "1"}]}, [(A, 0)])
    assert said == {A: [], B: [{"a": None}]}


def test_table_that_is_not_named_has_no_rows() -> None:
    assert delete(two_tables(Action.RESTRICT), {A: [{"id": "1"}]}, [(A, 0)]) == {A: [], B: []}


def test_rows_go_in_the_order_in_which_they_lie() -> None:
    rows: Rows = {A: [{"id": "1"}, {"id": "2"}], B: [{"id": "2", "a": "2"}, {"id": "1", "a": "1"}]}
    graph, left = two_tables(Action.SET_NULL), [{"id": "1", "a": None}, {"id": "2", "a": None}]
    assert delete(graph, rows, [(A, 1), (A, 0)]) == delete(graph, rows, [(A, 0), (A, 1)]) == {A: [], B: left}


def test_end_of_the_transaction_is_part_of_a_statement_of_its_own() -> None:
    graph, rows = two_tables(Action.NO_ACTION, deferred=True), {A: [{"id": "1"}], B: [{"id": "1", "a": "1"}]}
    refused = Refused(Why.REFERENCED, B, ("a",), graph.keys[0])
    assert delete(graph, rows, [(A, 0)]) == refused
    assert update(graph, rows, (A, 0), {"id": "2"}) == refused
    assert insert(graph, {}, B, {"id": "1", "a": "2"}) == Refused(Why.MISSING, B, ("a",), graph.keys[0])


def test_insert_takes_defaults_for_what_is_left_out() -> None:
    said = insert(two_tables(Action.NO_ACTION), {A: [{"id": "1"}]}, B, {"id": "7"})
    assert said == {A: [{"id": "1"}], B: [{"id": "7", "a": "1", "given": "5"}]}


def test_copy_of_a_transaction_goes_its_own_way() -> None:
    graph = two_tables(Action.NO_ACTION, deferred=True)
    transaction = Transaction(graph, {A: [{"id": "1"}], B: [{"id": "1", "a": "1"}]})
    savepoint = transaction.copy()
    assert transaction.delete([(A, 0)]) is None
    assert transaction.set_immediate() is not None
    assert savepoint.set_immediate() is None
    assert savepoint.rows == {A: [{"id": "1"}], B: [{"id": "1", "a": "1"}]}


def test_rows_of_several_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="one table's rows: delete the rows of each table"):
        delete(two_tables(Action.CASCADE), {A: [{"id": "1"}], B: [{"id": "1", "a": "1"}]}, [(A, 0), (B, 0)])


def test_refusal_says_by_what_and_why() -> None:
    graph = two_tables(Action.RESTRICT)
    by_key = delete(graph, {A: [{"id": "1"}], B: [{"id": "1", "a": "1"}]}, [(A, 0)])
    by_column = insert(graph, {}, B, {"id": None, "a": None})
    assert str(by_key) == f"refused by {graph.keys[0]}: {Why.RESTRICTED}"
    assert str(by_column) == f"refused by s.b (id): {Why.REQUIRED}"
