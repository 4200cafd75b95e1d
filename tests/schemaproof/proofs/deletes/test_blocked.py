"""Which keys may refuse a delete that another one passes on."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from schemaproof.postgres import Database
from schemaproof.proofs.deletes.blocked import Candidate, candidates, shown
from schemaproof.proofs.deletes.deletes import Deletes
from schemaproof.proofs.deletes.graph import Action
from schemaproof.proofs.deletes.ground import Ground
from schemaproof.proofs.deletes.outcome import Refusal
from schemaproof.proofs.deletes.reading import read_graph
from schemaproof.rows.population import Population

ABC = """
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE);
CREATE TABLE c (id int PRIMARY KEY, b int REFERENCES b {}{});
"""
BELOW = ABC.format("", "")

type Connection = psycopg.Connection[Any]
type Found = Callable[..., list[Candidate]]


@pytest.fixture
def connection(empty_database: Database) -> Iterator[Connection]:
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        yield connection


def grounds(connection: Connection, statements: str, **actions: Action) -> Ground:
    """The ground of what the statements make, where the model says something else of some keys."""
    connection.execute(statements.encode())
    graph = read_graph(connection)
    keys = tuple(replace(key, on_delete=actions.get(key.name, key.on_delete)) for key in graph.keys)
    return Ground(replace(graph, keys=keys), graph, Population.learn(connection))


@pytest.fixture
def found(connection: Connection) -> Found:
    return lambda statements, **actions: list(candidates(grounds(connection, statements, **actions)))


def test_key_below_one_that_deletes_may_refuse(found: Found) -> None:
    (one,) = found(BELOW)
    assert (one.key.name, one.above.name, one.required, one.elsewhere) == ("c_b_fkey", "b_a_fkey", "", False)


def test_key_below_another_action_is_none(found: Found) -> None:
    assert found(BELOW.replace("CASCADE", "SET NULL")) == []


def test_key_that_the_model_declares_otherwise_is_told_elsewhere(found: Found) -> None:
    assert found(BELOW, c_b_fkey=Action.CASCADE) == []


@pytest.mark.parametrize(("action", "elsewhere"), [("CASCADE", True), ("SET NULL", False)])
def test_row_that_goes_by_another_way_is_known(action: str, found: Found, *, elsewhere: bool) -> None:
    assert found(ABC.format("", f", a int REFERENCES a ON DELETE {action}"))[0].elsewhere is elsewhere


@pytest.mark.parametrize(
    ("key", "required"),
    [
        ("b int NOT NULL REFERENCES a ON DELETE SET NULL", "b"),
        ("b int REFERENCES a ON DELETE SET NULL", None),
        ("b int NOT NULL REFERENCES a ON DELETE SET DEFAULT", "b"),
        ("b int NOT NULL DEFAULT 0 REFERENCES a ON DELETE SET DEFAULT", None),
        ("b int NOT NULL REFERENCES a ON DELETE CASCADE", None),
    ],
)
def test_key_that_sets_a_required_column_to_null_may_refuse(key: str, required: str | None, found: Found) -> None:
    names = [one.required for one in found(f"CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE t ({key})")]
    assert names == ([] if required is None else [required])


def test_key_that_sets_only_columns_that_may_be_null_does_not_refuse(found: Found) -> None:
    parent = "CREATE TABLE a (x int, y int, PRIMARY KEY (x, y));"
    key = "FOREIGN KEY (x, y) REFERENCES a ON DELETE SET NULL (y)"
    assert found(f"{parent} CREATE TABLE t (x int NOT NULL, y int, {key})") == []


def test_candidate_is_shown_by_its_own_refusal(connection: Connection) -> None:
    ground = grounds(connection, BELOW + "CREATE TABLE d (id int PRIMARY KEY, c int REFERENCES b)")
    deletes = Deletes(connection.cursor(), ground, examples=60)
    for candidate in candidates(ground):
        blocked = shown(candidate, deletes)
        assert blocked is not None
        assert isinstance(blocked.deleted.after, Refusal)
        assert blocked.deleted.after.constraint == candidate.key.name


def test_candidate_that_refuses_nothing_is_not_shown(connection: Connection) -> None:
    ground = grounds(connection, ABC.format("", "UNIQUE, CHECK (b IS NULL)"))
    (candidate,) = candidates(ground)
    assert shown(candidate, Deletes(connection.cursor(), ground, examples=20)) is None
