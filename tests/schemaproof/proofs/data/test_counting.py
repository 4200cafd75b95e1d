"""The query in a remedy can be run as it is, and finds the rows."""

import re
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.data.checks import UPGRADE_WITH_ROWS
from schemaproof.proofs.data.downgrades import DOWNGRADE_WITH_ROWS
from schemaproof.proofs.data.population import populate
from tests.schemaproof.migration.waits import ASYNC_ENV
from tests.schemaproof.projects import ENV, Step, make_project

SETUP = Step(
    "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE feelings AS ENUM ('sad', 'glad');"
    " CREATE TABLE logs (day date NOT NULL) PARTITION BY RANGE (day);"
    " CREATE TABLE logs_rest PARTITION OF logs DEFAULT;"
    ' CREATE TABLE "Parent" (id int PRIMARY KEY);'
    ' CREATE TABLE t (id int PRIMARY KEY, a text, n bigint, feeling text, mood feelings, "Parent" int, CHECK (n > 0))',
    'DROP TABLE t; DROP TABLE "Parent"; DROP TYPE mood; DROP TYPE feelings; DROP TABLE logs',
)
SIMPLE = Step("CREATE TABLE t (id int PRIMARY KEY, a text, n bigint)", "DROP TABLE t")
REFUSED = {
    "unique": ("ALTER TABLE t ADD UNIQUE (a, n)", "SELECT a, n, count(*) FROM t GROUP BY a, n HAVING count(*) > 1"),
    "foreign-key": (
        'ALTER TABLE t ADD FOREIGN KEY ("Parent") REFERENCES "Parent"',
        'SELECT count(*) FROM t c WHERE c."Parent" IS NOT NULL AND NOT EXISTS (SELECT FROM public."Parent" p'
        ' WHERE p.id = c."Parent")',
    ),
    "check": ("ALTER TABLE t ADD CHECK (a <> 'text 1')", "SELECT count(*) FROM t WHERE NOT ((a <> 'text 1'::text))"),
    "length": ("ALTER TABLE t ALTER a TYPE varchar(3)", "SELECT count(*) FROM t WHERE length(a) > 3"),
    "enum-made-anew": (
        "ALTER TYPE feelings RENAME TO was; CREATE TYPE feelings AS ENUM ('sad');"
        " ALTER TABLE t ALTER mood TYPE feelings USING mood::text::feelings",
        "SELECT mood, count(*) FROM t GROUP BY mood",
    ),
    "partition": (
        "CREATE TABLE logs_2031 PARTITION OF logs FOR VALUES FROM ('2031-01-01') TO ('2032-01-01')",
        "SELECT count(*) FROM logs_rest WHERE day >= '2031-01-01' AND day < '2032-01-01'",
    ),
    "enum": ("ALTER TABLE t ALTER feeling TYPE mood USING feeling::mood", "SELECT feeling, count(*) FROM t GROUP BY 1"),
}


@pytest.mark.parametrize(
    ("statement", "query", "driver"),
    [(*one, "psycopg") for one in REFUSED.values()] + [(*REFUSED["unique"], one) for one in ("psycopg2", "asyncpg")],
    ids=[*REFUSED, "psycopg2", "asyncpg"],
)
def test_query_of_an_upgrade_finds_the_rows_that_it_fails_on(
    tmp_path: Path, own_server: Server, statement: str, query: str, driver: str
) -> None:
    asynchronous = driver == "asyncpg"  # which takes one command at a time
    setup, env = (SIMPLE, ASYNC_ENV) if asynchronous else (SETUP, ENV)
    made = make_project(tmp_path, [setup, Step(statement)], env=env)
    with open_history(replace(made, driver=driver), own_server) as history:
        (finding,) = (one for one in UPGRADE_WITH_ROWS.examine(history, "0002") if one.faulty)
        told = re.findall(r"Rows affected in production: `(.+)`", finding.remedy)[0]
        assert told.replace("GROUP BY feeling", "GROUP BY 1") == query
        with history.build(1) as database, psycopg.connect(database.dsn, autocommit=True) as connection:
            populate(history, database)
            rows = connection.execute(told).fetchall()
            assert rows
            assert rows[0][-1] > 0


def test_query_of_a_downgrade_finds_the_rows_that_it_fails_on(tmp_path: Path, own_server: Server) -> None:
    wider = Step("ALTER TABLE t ALTER b TYPE varchar(90)", "ALTER TABLE t ALTER b TYPE varchar(5)")
    first = Step("CREATE TABLE t (id int PRIMARY KEY, b varchar(5))", "DROP TABLE t")
    with open_history(make_project(tmp_path, [first, wider]), own_server) as history:
        (finding,) = (one for one in DOWNGRADE_WITH_ROWS.examine(history, "0002") if one.faulty)
    assert finding.remedy.endswith("Rows affected in production: `SELECT count(*) FROM t WHERE length(b) > 5`.")
