"""Any statements on Faceplate's tables, in any order: after each of them the database holds what the model says."""

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from schema.models import Base
from schemaproof.postgres import Database, Server, Template
from schemaproof.proofs.deletes.machine import state_machine
from schemaproof.proofs.deletes.reading import graph_of_metadata, read_graph, with_order
from schemaproof.rows.population import Population

LEAVE = [("faceplate", "alembic_version")]


@pytest.fixture
def migrated(postgres_server: Server, postgres_template: Template | None) -> Iterator[Database]:
    with postgres_server.clone(postgres_template) as database:
        yield database


def test_cascades_hold_whatever_is_done(migrated: Database) -> None:
    """Inserts, deletes, new keys, savepoints and rollbacks on all tables, against the oracle of the model's keys."""
    with psycopg.connect(migrated.dsn, autocommit=True) as connection:
        population = Population.learn(connection, leave=LEAVE)
        model = with_order(
            graph_of_metadata([Base.metadata], lambda schema: schema or "public"), read_graph(connection)
        )
    assert len(population.tables) == 4, population.refused

    # A run has as many steps as eight examples of another test have statements.
    examples = max(settings().max_examples // 5, 1)
    with psycopg.connect(migrated.dsn) as connection:
        run_state_machine_as_test(
            state_machine(model, population, connection),
            settings=settings(max_examples=examples, stateful_step_count=20),
        )
