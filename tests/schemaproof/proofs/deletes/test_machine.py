"""The state machine: green where the database is as the graph says, red where it is not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from schemaproof.postgres import Database
from schemaproof.proofs.deletes.graph import Action, Graph
from schemaproof.proofs.deletes.machine import state_machine
from schemaproof.proofs.deletes.reading import read_graph
from schemaproof.rows.population import Population

SCHEMA = """
CREATE TABLE a (id int PRIMARY KEY, up int REFERENCES a ON DELETE CASCADE ON UPDATE CASCADE, n int CHECK (n > 0));
CREATE TABLE b (id uuid PRIMARY KEY, a int NOT NULL REFERENCES a ON DELETE CASCADE ON UPDATE CASCADE,
    other int DEFAULT 1 REFERENCES a ON DELETE SET DEFAULT ON UPDATE SET NULL);
CREATE TABLE c (id int PRIMARY KEY, b uuid REFERENCES b ON DELETE SET NULL ON UPDATE RESTRICT,
    a int REFERENCES a DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE d (c int PRIMARY KEY REFERENCES c ON DELETE RESTRICT ON UPDATE CASCADE, word text)
"""

# Two tables, so that a difference shows soon.
SMALL = """
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE c (id int PRIMARY KEY, a int REFERENCES a DEFERRABLE INITIALLY DEFERRED)
"""

SETTINGS = settings(
    report_multiple_bugs=False,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

type Run = Callable[..., None]


type Change = dict[str, Any]


def with_change(name: str, change: Change) -> Callable[[Graph], Graph]:
    """What makes a graph say something else of one key."""

    def changed(graph: Graph) -> Graph:
        keys = {key.name: key for key in graph.keys}
        return replace(graph, keys=tuple({**keys, name: replace(keys[name], **change)}.values()))

    return changed


@pytest.fixture
def run(empty_database: Database) -> Run:
    """Run the machine on the schema, and on the graph that the function makes of the database's."""

    def start(
        schema: str,
        changed: Callable[[Graph], Graph],
        phases: Sequence[Phase] = (Phase.generate,),
        examples: int = 400,
        steps: int = 8,
    ) -> None:
        with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
            connection.execute(schema.encode())
            population = Population.learn(connection)
            graph = changed(read_graph(connection))
        chosen = settings(SETTINGS, phases=phases, max_examples=examples, stateful_step_count=steps)
        with psycopg.connect(empty_database.dsn) as connection:
            run_state_machine_as_test(state_machine(graph, population, connection), settings=chosen)

    return start


def test_machine_is_content_with_a_database_that_is_as_the_graph_says(run: Run) -> None:
    run(SCHEMA, lambda graph: graph, examples=30)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("b_a_fkey", {"on_delete": Action.RESTRICT}),
        ("b_a_fkey", {"on_update": Action.NO_ACTION}),
        ("b_a_fkey", {"on_delete": Action.SET_NULL}),
        ("c_a_fkey", {"deferrable": False, "deferred": False}),
    ],
)
def test_machine_finds_a_key_that_is_not_what_the_graph_says(run: Run, name: str, change: Change) -> None:
    with pytest.raises(AssertionError):
        run(SMALL, with_change(name, change))


def test_machine_shrinks_to_few_steps(run: Run) -> None:
    change = with_change("c_a_fkey", {"deferrable": False, "deferred": False})
    with pytest.raises(AssertionError) as found:
        run(SMALL, change, [Phase.generate, Phase.shrink], steps=3)
    told = "\n".join(getattr(found.value, "__notes__", []))
    steps = [line for line in told.splitlines() if line.startswith("state.") and "database_equals" not in line]
    assert len(steps) == 3, told  # planting and the end among them
    assert "rows: {" in told
    assert "the oracle says refused by public.c (a) -> public.a (id): " in str(found.value)
