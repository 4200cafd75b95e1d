"""What foreign-key-index finds in databases that SQL makes; what the server reads decides."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from sqlalchemy import NullPool, create_engine

from schemaproof.catalog import Catalog
from schemaproof.finding import Finding, Severity
from schemaproof.postgres import Database
from schemaproof.proofs.deletes.checks.cost import FOREIGN_KEY_INDEX
from schemaproof.proofs.deletes.cost import Backed, read_lookups
from schemaproof.proofs.deletes.keys import Key, read_keys
from schemaproof.proofs.deletes.measuring import ROWS, Measured, Read, measure
from schemaproof.proofs.deletes.planting import PlantingError
from schemaproof.rows import fill
from tests.schemaproof.lines import run_lines

type Connection = psycopg.Connection[tuple[Any, ...]]
type Find = Callable[..., list[Finding]]

# More columns than the key, so that indexes have something else to begin with.
TABLES = """
    CREATE TABLE p (a int, b text, PRIMARY KEY (a, b)); CREATE UNIQUE INDEX ON p (a);
    CREATE TABLE c (id serial PRIMARY KEY, a int REFERENCES p (a) ON DELETE CASCADE, x int, at date);
"""
COMPOSITE = """
    CREATE TABLE p (a int, b text, PRIMARY KEY (a, b));
    CREATE TABLE c (id serial PRIMARY KEY, a int, b text, x int, FOREIGN KEY (a, b) REFERENCES p ON DELETE CASCADE);
"""
SPLIT = """
    CREATE TABLE p (a int PRIMARY KEY);
    CREATE TABLE c (a int REFERENCES p ON DELETE CASCADE, x int) PARTITION BY RANGE (x);
    CREATE TABLE low PARTITION OF c FOR VALUES FROM (MINVALUE) TO (0);
    CREATE TABLE high PARTITION OF c DEFAULT;
"""


@pytest.fixture
def connection(empty_database: Database) -> Iterator[Connection]:
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def find(empty_database: Database, connection: Connection) -> Find:
    """The check's findings after some SQL."""
    history: Any = SimpleNamespace(
        head_copy=lambda: nullcontext(empty_database),
        head_catalog=lambda: Catalog.read(connection),
        metadata=(),
        version_table=("public", "alembic_version"),
        facts=SimpleNamespace(begun_outside=False),
    )

    def run(*statements: str) -> list[Finding]:
        connection.execute("".join(statements).encode())
        return list(FOREIGN_KEY_INDEX.examine(history))

    return run


@pytest.fixture
def look(connection: Connection) -> Callable[..., Backed]:
    """What the catalog alone says of the only key after some SQL."""

    def run(*statements: str) -> Backed:
        connection.execute("".join(statements).encode())
        (lookup,) = read_lookups(connection, read_keys(connection))
        return lookup.backed

    return run


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    return finding


def the_key(connection: Connection, statements: str) -> Key:
    """The only key that ``statements`` make; its tables hold rows."""
    connection.execute(statements.encode())
    fill(connection)
    (key,) = read_keys(connection)
    return key


@pytest.mark.parametrize(
    ("tables", "index"),
    [
        (TABLES, "CREATE INDEX ON c (a)"),
        (TABLES, "CREATE INDEX ON c (a DESC, x)"),
        (TABLES, "CREATE INDEX ON c (a) INCLUDE (x)"),
        (TABLES, "CREATE INDEX ON c USING hash (a)"),
        (TABLES, "CREATE INDEX ON c (a) WHERE a IS NOT NULL"),
        (TABLES, "ALTER TABLE c ADD UNIQUE (a, x)"),
        (TABLES, "ALTER TABLE c DROP CONSTRAINT c_pkey, ADD PRIMARY KEY (a, id)"),
        (COMPOSITE, "CREATE INDEX ON c (b, a)"),
        (COMPOSITE, "CREATE INDEX ON c (b)"),
        (COMPOSITE, "CREATE INDEX ON c (a, b) WHERE a IS NOT NULL AND b IS NOT NULL"),
        (COMPOSITE, "CREATE INDEX ON c (b text_pattern_ops)"),
        (SPLIT, "CREATE INDEX ON c (a)"),
        (SPLIT, "CREATE INDEX ON low (a); CREATE INDEX ON high (a, x)"),
    ],
)
def test_index_that_serves_is_read_from_the_catalog_and_confirmed_by_the_server(
    look: Callable[..., Backed], connection: Connection, empty_database: Database, tables: str, index: str
) -> None:
    assert look(tables, index) is Backed.YES
    assert not measure(empty_database.dsn, the_key(connection, "")).grows


@pytest.mark.parametrize(
    ("tables", "index"),
    [
        (TABLES, ""),
        (TABLES, "CREATE INDEX ON c ((a + 1))"),
        (TABLES, "CREATE INDEX ON c (x) INCLUDE (a)"),
        (TABLES, "CREATE INDEX ON c (a) WHERE x > 0"),
        (TABLES, "CREATE INDEX ON c (a) WHERE x IS NOT NULL"),
        (TABLES, "CREATE INDEX ON c (a) WHERE a IS NULL"),
        (TABLES, "CREATE INDEX ON c (a); UPDATE pg_index SET indisvalid = false WHERE indrelid = 'c'::regclass"),
        (COMPOSITE, 'CREATE INDEX ON c (b COLLATE "POSIX")'),
        (SPLIT, "CREATE INDEX ON low (a)"),
        (SPLIT, "CREATE INDEX ON ONLY c (a)"),
    ],
)
def test_key_that_no_index_serves_is_a_warning_and_reads_more_rows(
    find: Find, connection: Connection, empty_database: Database, tables: str, index: str
) -> None:
    found = only(find(tables, index))
    assert found.severity is Severity.WARNING
    assert "measured: a delete of one row" in found.evidence
    assert measure(empty_database.dsn, read_keys(connection)[0]).grows


@pytest.mark.parametrize(("tables", "index"), [(TABLES, "(x, a)"), (COMPOSITE, "(x, a, b)")])
def test_index_that_begins_with_another_column_is_read_whole(
    find: Find, connection: Connection, empty_database: Database, tables: str, index: str
) -> None:
    found = find(tables, f"CREATE INDEX ON c {index}")
    said = measure(empty_database.dsn, read_keys(connection)[0])
    assert said.grows == bool(found)
    if connection.info.server_version < 180000:  # from which on it is skipped through, where x has few values
        assert only(found).severity is Severity.WARNING
        assert said.scanned is not None
        assert f"scans all of index {said.scanned[0]} (" in only(found).message
        assert f"every page of {said.scanned[0]}" in only(found).consequence
        assert "scans all of public.c" not in only(found).message


def test_index_that_could_not_be_measured_is_no_warning(find: Find) -> None:
    """Whether it serves is not known: the rows that would show it can't be made."""
    odd = "CREATE TYPE odd AS (n int); ALTER TABLE c ADD z odd NOT NULL UNIQUE; CREATE INDEX ON c (x, a)"
    found = only(find(TABLES, odd))
    assert found.severity is Severity.NOTE
    assert "not measured: " in found.evidence
    assert found.message.startswith(
        "Could not be decided whether public.c_x_a_idx can find the rows of public.c by (a)"
    )


@pytest.mark.parametrize("tables", [TABLES, COMPOSITE, SPLIT], ids=["plain", "composite", "partitioned"])
def test_remedy_is_what_makes_the_check_green(find: Find, empty_database: Database, tables: str) -> None:
    remedy = only(find(tables)).remedy
    engine = create_engine(empty_database.url("psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        run_lines(remedy, connection)
    assert find() == []


def test_index_that_only_the_planner_can_judge_is_measured(look: Callable[..., Backed], find: Find) -> None:
    assert look(TABLES, "CREATE INDEX ON c (a) WHERE a > 0") is Backed.PERHAPS
    assert find() == []


def test_brin_index_does_not_lead_to_rows(find: Find) -> None:
    assert "public.c_a_idx can't serve" in only(find(TABLES, "CREATE INDEX ON c USING brin (a)")).message


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "SET DEFAULT"], ids=range(3))
def test_action_that_changes_children_needs_an_index(find: Find, action: str) -> None:
    assert only(find(TABLES.replace("CASCADE", action))).severity is Severity.WARNING


@pytest.mark.parametrize("action", ["NO ACTION", "RESTRICT"])
def test_action_that_refuses_is_worth_a_note(find: Find, action: str) -> None:
    found = only(find(TABLES.replace("CASCADE", action)))
    assert (found.severity, found.object) == (Severity.NOTE, "constraint public.c.c_a_fkey")
    line = 'op.create_index("ix_c_a", "c", ["a"], postgresql_concurrently=True)'
    assert line in found.evidence
    assert found.remedy.endswith(f"with op.get_context().autocommit_block():\n    {line}")


def test_all_keys_that_refuse_are_one_note(find: Find) -> None:
    more = "CREATE TABLE d (a int REFERENCES p (a));"
    found = only(find(TABLES.replace("CASCADE", "RESTRICT"), more))
    assert (found.severity, found.object) == (Severity.NOTE, None)
    assert found.message.startswith("No index covers the columns of 2 foreign keys that refuse deletes: ")


@pytest.mark.parametrize("action", ["NO ACTION", "RESTRICT"])
def test_key_that_refuses_below_one_that_passes_on_is_a_warning(find: Find, action: str) -> None:
    below = f"CREATE INDEX ON c (a); CREATE TABLE d (c int REFERENCES c ON DELETE {action});"
    found = only(find(TABLES, below))
    assert (found.severity, found.object) == (Severity.WARNING, "constraint public.d.d_c_fkey")
    assert "loses rows by a cascade" in found.message


def test_key_that_refuses_below_set_null_is_a_note(find: Find) -> None:
    below = "CREATE INDEX ON c (a); CREATE TABLE d (c int REFERENCES c);"
    assert only(find(TABLES.replace("CASCADE", "SET NULL"), below)).severity is Severity.NOTE


def test_key_to_a_partition_that_another_key_empties_is_a_warning(find: Find) -> None:
    below = "CREATE INDEX ON c (a); CREATE UNIQUE INDEX ON high (x); CREATE TABLE d (x int REFERENCES high (x));"
    assert only(find(SPLIT, below)).severity is Severity.WARNING


def test_key_to_the_table_itself_is_a_warning(find: Find) -> None:
    tree = "CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t ON DELETE CASCADE);"
    assert "measured: " in only(find(tree)).evidence


def test_key_to_the_table_itself_with_an_index_is_no_finding(find: Find) -> None:
    assert (
        find("CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t ON DELETE CASCADE); CREATE INDEX ON t (up)") == []
    )


def test_partitioned_table_is_told_once(find: Find) -> None:
    assert only(find(SPLIT)).object == "constraint public.c.c_a_fkey"


def test_partitioned_parent_is_told_once(find: Find) -> None:
    split = "CREATE TABLE p (a int PRIMARY KEY) PARTITION BY HASH (a);"
    parts = "CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 1, REMAINDER 0);"
    found = only(find(split, parts, "CREATE TABLE c (a int REFERENCES p ON DELETE CASCADE)"))
    assert found.object == "constraint public.c.c_a_fkey"
    assert "measured: " in found.evidence


def test_table_that_takes_no_rows_is_judged_by_the_catalog(find: Find) -> None:
    found = only(find(TABLES, "ALTER TABLE c ADD CHECK (x < 0 AND x > 0 AND x IS NOT NULL)"))
    assert (found.severity, "not measured: " in found.evidence) == (Severity.WARNING, True)


def test_other_keys_that_refuse_do_not_hinder_the_measurement(find: Find) -> None:
    other = "CREATE TABLE d (a int NOT NULL REFERENCES p (a) ON DELETE RESTRICT); CREATE INDEX ON d (a);"
    assert "measured: " in only(find(TABLES, other)).evidence


def test_rows_read_are_those_of_others(connection: Connection, empty_database: Database) -> None:
    measured = measure(empty_database.dsn, the_key(connection, TABLES))
    assert measured.many.rows - measured.few.rows == ROWS[1] - ROWS[0]


def test_measurement_is_the_same_each_time_and_leaves_nothing(connection: Connection, empty_database: Database) -> None:
    key = the_key(connection, TABLES)
    before = connection.execute("TABLE c").fetchall()
    assert measure(empty_database.dsn, key).few.rows == measure(empty_database.dsn, key).few.rows
    assert connection.execute("TABLE c").fetchall() == before
    assert read_keys(connection) == (key,)


def test_parent_whose_rows_stay_is_not_measured(connection: Connection, empty_database: Database) -> None:
    key = the_key(connection, TABLES + "CREATE RULE keep AS ON DELETE TO p DO INSTEAD NOTHING;")
    with pytest.raises(PlantingError, match="not deleted"):
        measure(empty_database.dsn, key)


def test_type_without_other_values_is_not_measured(connection: Connection, empty_database: Database) -> None:
    inet = "CREATE TABLE p (a inet PRIMARY KEY); CREATE TABLE c (a inet REFERENCES p ON DELETE CASCADE);"
    with pytest.raises(PlantingError, match="no other values are known for all of a"):
        measure(empty_database.dsn, the_key(connection, inet))


@pytest.mark.parametrize(
    "type_", ["smallint", "bigint", "numeric", "text", "varchar(6)", "uuid", "date", "timestamptz", "d"]
)
def test_keys_of_the_usual_types_are_measured(connection: Connection, empty_database: Database, type_: str) -> None:
    tables = f"CREATE TABLE p (a {type_} PRIMARY KEY); CREATE TABLE c (a {type_} UNIQUE REFERENCES p);"
    assert not measure(empty_database.dsn, the_key(connection, "CREATE DOMAIN d AS int;" + tables)).grows


def test_pages_of_an_index_that_is_read_whole_count() -> None:
    assert Measured(Read(500, 0, 4), Read(2000, 0, 9)).grows
    assert not Measured(Read(500, 0, 4), Read(2000, 0, 7)).grows
    assert Measured(Read(500, 500, 4), Read(2000, 2000, 4)).grows


def test_what_other_keys_read_does_not_count(connection: Connection, empty_database: Database) -> None:
    second = "CREATE INDEX ON c (a); ALTER TABLE c ADD second int REFERENCES p (a) ON DELETE CASCADE;"
    connection.execute((TABLES + second).encode())
    fill(connection)
    grows = {key.columns: measure(empty_database.dsn, key).grows for key in read_keys(connection)}
    assert grows == {("a",): False, ("second",): True}
