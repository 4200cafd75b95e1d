"""What is to be written instead of building an index or checking a foreign key of a partitioned table at once."""

from collections.abc import Iterator

import psycopg
import pytest

from schemaproof.catalog import Catalog, diff
from schemaproof.postgres import Database, Server
from schemaproof.proofs.locks.blocked import READS_BLOCKED, WRITES_BLOCKED
from tests.schemaproof.projects import Step
from tests.schemaproof.proofs.locks.following import follow, run
from tests.schemaproof.rewritten import Rewritten, rewritten

TABLES = Step("""
    CREATE SCHEMA app;
    CREATE TABLE users (id int PRIMARY KEY);
    CREATE TABLE logs (id int NOT NULL, day date NOT NULL, line text, user_id int NOT NULL, note varchar(99))
        PARTITION BY RANGE (day);
    CREATE TABLE logs_old PARTITION OF logs FOR VALUES FROM (MINVALUE) TO ('2000-01-01');
    CREATE TABLE app."Logs 2000" PARTITION OF logs FOR VALUES FROM ('2000-01-01') TO ('2010-01-01');
    CREATE TABLE logs_now PARTITION OF logs FOR VALUES FROM ('2010-01-01') TO (MAXVALUE) PARTITION BY LIST (user_id);
    CREATE TABLE logs_now_1 PARTITION OF logs_now FOR VALUES IN (1);
    CREATE TABLE logs_now_rest PARTITION OF logs_now DEFAULT;
    CREATE UNIQUE INDEX uq_note ON logs (note, day, user_id) WHERE note <> '';
""")
AT_ONCE = {
    "index": "CREATE INDEX ix_logs_line ON logs (line)",
    "index of an expression on some rows": "CREATE INDEX ix ON logs USING hash (lower(line)) WHERE line <> '{x}'",
    "primary key": "ALTER TABLE logs ADD CONSTRAINT pk PRIMARY KEY (id, day, user_id)",
    "foreign key": "ALTER TABLE logs ADD CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE",
}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[Rewritten]:
    """The tables, and a revision that each test writes anew."""
    with rewritten(tmp_path_factory.mktemp("partitions"), postgres_server, TABLES) as history:
        yield history


def remedy(history: Rewritten, statement: str) -> str:
    """What is told of the partitioned table."""
    now = history.only_up(statement)
    told = [one for check in (READS_BLOCKED, WRITES_BLOCKED) for one in check.examine(now, now.revisions[1].revision)]
    assert [one.object for one in told] == ["table public.logs"]
    return told[0].remedy


@pytest.mark.parametrize("statement", AT_ONCE.values(), ids=AT_ONCE)
def test_lines_lead_to_the_same_as_the_statement(
    statement: str, history: Rewritten, postgres_server: Server, empty_database: Database
) -> None:
    """Valid indexes that are parts of that of the whole, under the names that PostgreSQL gives them."""
    told = remedy(history, statement)
    with postgres_server.create() as other:
        run(f"{TABLES.up}; {statement}", empty_database)
        run(TABLES.up, other)
        follow(told, other)
        with psycopg.connect(other.dsn, autocommit=True) as there, psycopg.connect(empty_database.dsn) as here:
            others = diff(Catalog.read(here), Catalog.read(there))
            # From 18 on, NOT NULL is a constraint, which a partition's own primary key makes its own as well.
            assert [one for one in others if not one.generated_name and one.attribute != "local"] == []


def test_second_column_gets_its_index_partition_by_partition(history: Rewritten, empty_database: Database) -> None:
    told = remedy(history, "ALTER TABLE logs ALTER note TYPE varchar(20)")
    run(f"{TABLES.up}; INSERT INTO logs VALUES (1, '2020-01-01', 'x', 1, 'y')", empty_database)
    follow(told, empty_database)
    with psycopg.connect(empty_database.dsn) as connection:
        assert connection.execute("SELECT note FROM logs").fetchall() == [("y",)]
        query = "SELECT indexrelid::regclass::text, indisvalid FROM pg_index WHERE indrelid = 'logs'::regclass"
        assert connection.execute(query).fetchall() == [("uq_note", True)]


def test_lines_pass_again_after_an_attempt_that_failed_halfway(history: Rewritten, empty_database: Database) -> None:
    told = remedy(history, AT_ONCE["index"])
    run(
        f"{TABLES.up}; CREATE INDEX ix_logs_line ON ONLY logs (line);"
        "CREATE INDEX logs_old_line_idx ON logs_old (line);"
        " ALTER INDEX ix_logs_line ATTACH PARTITION logs_old_line_idx; CREATE INDEX logs_now_1_line_idx ON logs_now_1"
        " (line)",
        empty_database,
    )
    follow(told, empty_database)
    follow(told, empty_database)


@pytest.mark.parametrize("statement", ["REINDEX TABLE CONCURRENTLY logs", "REINDEX INDEX CONCURRENTLY ix_logs_line"])
def test_indexes_of_partitions_are_rebuilt_concurrently(statement: str, empty_database: Database) -> None:
    """The one thing that the server does so with a partitioned table, from 14 on; the remedy for REINDEX says it."""
    run(f"{TABLES.up}; {AT_ONCE['index']}", empty_database)
    run(statement, empty_database)
