"""Duplicates that a unique index over a part of the rows refuses."""

import re
from pathlib import Path

import psycopg
import pytest

from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.data.checks import UPGRADE_WITH_ROWS
from schemaproof.proofs.data.conditions import conditions
from schemaproof.proofs.data.population import populate
from tests.schemaproof.projects import Step, make_project

TABLE = Step(
    "CREATE TYPE stage AS ENUM ('draft', 'open', 'shut'); CREATE TABLE t (id int PRIMARY KEY, a text, n bigint, s text,"
    ' k stage NOT NULL, live bool NOT NULL DEFAULT false, "Off" bool)',
    "DROP TABLE t; DROP TYPE stage",
)


@pytest.mark.parametrize(
    "condition",
    [
        "n IS NULL",
        "live",
        'live IS FALSE AND "Off"',
        "NOT live AND n IS NULL",
        "s = 'it''s' AND k = 'shut'",
    ],
)
def test_rows_for_which_the_condition_holds_are_there_twice(
    tmp_path: Path, postgres_server: Server, condition: str
) -> None:
    steps = [TABLE, Step(f"CREATE UNIQUE INDEX ON t (a) WHERE {condition}", "DROP INDEX t_a_idx")]
    with open_history(make_project(tmp_path, steps), postgres_server) as history:
        (finding,) = (one for one in UPGRADE_WITH_ROWS.examine(history, "0002") if one.faulty)
        (query,) = re.findall(r"`(SELECT a, count\(\*\) FROM t WHERE .*?)`", finding.remedy)
        with history.build(1) as database, psycopg.connect(database.dsn, autocommit=True) as connection:
            populate(history, database)
            assert connection.execute(query.encode()).fetchall()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deleted_at IS NULL", [(("deleted_at", None),)]),
        ("(kind)::text = 'a' and NOT gone", [(("kind", "a"), ("gone", False))]),
        ("CREATE UNIQUE INDEX i ON t (a)\n  WHERE (live);", [(("live", True),)]),
        ("CREATE INDEX i ON t (a) WHERE live", []),
        ("live", []),  # a column's name
        ("UPDATE t SET a = 1 WHERE b IS NULL", []),
        ("a > 3 AND b IS NULL", []),
    ],
)
def test_strings_that_are_conditions(text: str, expected: list[object]) -> None:
    assert [*conditions(text)] == expected
