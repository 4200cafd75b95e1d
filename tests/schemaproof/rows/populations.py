"""What the tests of populations share: rows drawn, planted and checked by the server."""

from collections.abc import Callable
from typing import Any

import psycopg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from schemaproof.rows.homeless import homeless
from schemaproof.rows.population import Population, Rows
from tests.schemaproof.rows.conftest import Connection, run


def each[T](strategy: SearchStrategy[T], count: int, visit: Callable[[T], object]) -> None:
    """Show ``visit`` this many examples, always the same ones."""

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def meet(value: T) -> None:
        visit(value)

    with homeless():
        meet()


def drawn[T](strategy: SearchStrategy[T], count: int = 30) -> list[T]:
    """Examples of the strategy."""
    found: list[T] = []
    each(strategy, count, found.append)
    return found


def refusals(connection: Connection, population: Population, forests: list[Rows]) -> list[str]:
    """What the server refuses the forests with, each by itself, deferred constraints at once."""
    found = []
    for rows in forests:
        try:
            with connection.transaction(force_rollback=True):
                population.plant(connection.cursor(), rows)
                connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.Error as error:
            found.append(f"{error}: {rows}")
    return found


def learnt(connection: Connection, statements: str, **options: Any) -> Population:
    """The population of the tables that ``statements`` make."""
    run(connection, statements)
    return Population.learn(connection, **options)


def accepted(connection: Connection, statements: str, **options: Any) -> list[Rows]:
    """Rows of all tables that ``statements`` make; none of these is refused, nor is any of their rows."""
    population = learnt(connection, statements, **options)
    assert population.refused == {}
    forests = drawn(population.rows())
    assert refusals(connection, population, forests) == []
    return forests


def of(forests: list[Rows], name: str = "t") -> list[dict[str, str | None]]:
    """All rows of public.``name``."""
    return [dict(row) for rows in forests for row in rows["public", name]]
