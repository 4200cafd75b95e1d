"""Rows drawn without Hypothesis: they reach the same cases, and the server takes them."""

from collections import Counter
from itertools import islice
from random import Random
from typing import Any

import pytest

from schemaproof.rows.forests import Grower
from schemaproof.rows.population import Population, Rows
from tests.schemaproof.rows.conftest import Connection
from tests.schemaproof.rows.populations import learnt, refusals
from tests.schemaproof.rows.test_population import CASES, CHAT, LEAF, TREE, T

LEVELS = 30
DEEP = "CREATE TABLE t0 (id int PRIMARY KEY);" + "".join(
    f"CREATE TABLE t{n} (id int PRIMARY KEY, up int NOT NULL REFERENCES t{n - 1});" for n in range(1, LEVELS)
)


def sampled(population: Population, count: int = 30, **options: Any) -> list[Rows]:
    """The first samples."""
    return list(islice(population.samples(**options).drawn(Random(0)), count))  # noqa: S311 (no secret)


def test_samples_reach_the_hard_cases(connection: Connection) -> None:
    reached: Counter[str] = Counter()
    for rows in sampled(learnt(connection, TREE), 300):
        reached.update(name for name, case in CASES.items() if case(rows))
    assert {name: reached[name] for name in CASES if reached[name] < 6} == {}


def test_none_of_many_samples_is_refused(connection: Connection) -> None:
    population = learnt(connection, CHAT)
    assert refusals(connection, population, sampled(population, 300)) == []


def test_first_sample_is_a_row_of_each_table(connection: Connection) -> None:
    first, *_ = sampled(learnt(connection, TREE))
    assert {name: len(rows) for name, rows in first.items()} == {T: 1, LEAF: 1}


def test_samples_are_the_same_each_time(connection: Connection) -> None:
    population = learnt(connection, TREE)
    assert sampled(population) == sampled(population)


def test_sample_has_as_many_rows_as_asked_for(connection: Connection) -> None:
    samples = sampled(learnt(connection, TREE), counts={T: 1, LEAF: 2})
    assert {(len(rows[T]), len(rows[LEAF])) for rows in samples} == {(1, 2)}


def test_table_that_is_to_hold_a_row_does_however_deep_it_lies(connection: Connection) -> None:
    deepest = ("public", f"t{LEVELS - 1}")
    samples = sampled(learnt(connection, DEEP), tables=[deepest], filled=[deepest])
    assert all(rows[deepest] for rows in samples)


def test_table_that_is_only_referred_to_holds_few_rows(connection: Connection) -> None:
    deepest = ("public", f"t{LEVELS - 1}")
    samples = sampled(learnt(connection, DEEP), tables=[deepest], filled=[deepest])
    assert max(len(some) for rows in samples for name, some in rows.items() if name != deepest) == 3
    assert max(len(rows[deepest]) for rows in samples) > 3


def test_row_that_cannot_be_is_tried_once(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two parents there are few pairs: hundreds of integers stand for each."""
    population = learnt(
        connection,
        """
        CREATE TABLE a (id int PRIMARY KEY);
        CREATE TABLE t (id int REFERENCES a, other int REFERENCES a, PRIMARY KEY (id, other));
        """,
    )
    tried, row = list[object](), Grower._row

    def counted(*arguments: Any) -> Any:
        tried.append(arguments)
        return row(*arguments)

    monkeypatch.setattr(Grower, "_row", counted)
    samples = sampled(population, 20, counts={("public", "a"): 1, T: 8})
    assert {len(rows[T]) for rows in samples} == {1}
    assert len(tried) < 20 * 8 * 10
