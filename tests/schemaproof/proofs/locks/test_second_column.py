"""What to write instead of changing a column's type or collation, followed to the end."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from schemaproof.catalog import Catalog, diff
from schemaproof.postgres import Database, Server
from schemaproof.proofs.locks.changing import conversion
from schemaproof.proofs.locks.facts import Facts, Made
from schemaproof.proofs.locks.relations import read_relations
from schemaproof.proofs.locks.second_column import second_column
from tests.schemaproof.proofs.locks.following import follow

TABLE = """
    CREATE TABLE t (id int PRIMARY KEY, x int,
        n text DEFAULT '7' NOT NULL CONSTRAINT digits CHECK (n ~ '^[0-9]{1,6}$'));
    CREATE INDEX ix_t_n ON t (n) WHERE n <> 'n';
    CREATE UNIQUE INDEX ix_t_x_n ON t (x, lower(n));
    INSERT INTO t VALUES (1, 1, '10'), (2, 1, '20');
"""
CHANGES = {
    "longer": "ALTER TABLE t ALTER n TYPE varchar(20)",
    "using": "ALTER TABLE t ADD y int, ALTER COLUMN n SET DATA TYPE varchar(9) USING '1' || n, ADD z int",
    "collation": """ALTER TABLE t ALTER n TYPE text COLLATE "C" """,
}

type Retype = Callable[[str, str], tuple[Made, str]]


@pytest.fixture
def retype(empty_database: Database) -> Iterator[Retype]:
    """What a statement makes of a column of the table t that some SQL makes, and what to write instead."""
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:

        def run(tables: str, statement: str) -> tuple[Made, str]:
            connection.execute(tables.encode())
            relations = read_relations(connection, ())
            (oid,) = (oid for oid, one in relations.items() if one.name == "t")
            before = Facts.read(connection, [oid])
            connection.execute(statement.encode())
            made = Facts.read(connection, [oid]).made(before)[0]
            return made, second_column(made, relations[oid], statement)

        yield run


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_second_column_has_all_that_the_first_one_had(
    change: str, retype: Retype, postgres_server: Server, empty_database: Database
) -> None:
    """NOT NULL, the default, indexes and constraints, under the same names."""
    _, remedy = retype(TABLE, change)
    with postgres_server.create() as other:
        with psycopg.connect(other.dsn, autocommit=True) as connection:
            connection.execute(TABLE.encode())
        follow(remedy, other)
        with psycopg.connect(other.dsn, autocommit=True) as there, psycopg.connect(empty_database.dsn) as here:
            here.execute("ALTER TABLE t DROP COLUMN IF EXISTS y, DROP COLUMN IF EXISTS z")
            query = "SELECT id, x, n FROM t ORDER BY id"
            assert there.execute(query).fetchall() == here.execute(query).fetchall()
            # From 18 on NOT NULL has a name, which the server made of that of the column when it was new.
            others = diff(Catalog.read(here), Catalog.read(there))
            assert [one for one in others if not one.generated_name] == []


@pytest.mark.parametrize(
    ("statement", "made"),
    [
        ("ALTER TABLE t ALTER COLUMN n TYPE int USING n::int", "n::int"),
        (
            "ALTER TABLE t ALTER n SET DATA TYPE numeric(9, 2) USING (a + coalesce(n, 0)), ADD x int",
            "(a + coalesce(n, 0))",
        ),
        (
            "ALTER TABLE t ALTER a TYPE int USING 1, ALTER n TYPE int USING position(',' in n); SELECT 1",
            "position(',' in n)",
        ),
        ('ALTER TABLE t ALTER COLUMN "N" TYPE int USING 1', ""),
        ("ALTER TABLE t ALTER COLUMN n TYPE bigint", ""),
        ("ALTER TABLE t ALTER COLUMN n TYPE bigint, ALTER m TYPE int USING 1", ""),
    ],
)
def test_conversion_is_what_using_says(statement: str, made: str) -> None:
    assert conversion(statement, "n") == made


@pytest.mark.parametrize(
    ("tables", "why"),
    [
        ("CREATE TABLE t (n int PRIMARY KEY)", "which is part of t_pkey."),
        ("CREATE TABLE t (n int UNIQUE)", "which is part of t_n_key."),
        (
            "CREATE TABLE t (n int UNIQUE); CREATE TABLE c (n int CONSTRAINT fk REFERENCES t (n))",
            "is referred to by fk.",
        ),
        (
            "CREATE TABLE p (n int UNIQUE); CREATE TABLE t (n int CONSTRAINT fk REFERENCES p (n))",
            "which is part of fk.",
        ),
        ("CREATE TABLE t (n int GENERATED ALWAYS AS IDENTITY)", "which has a sequence of its own."),
        ("CREATE TABLE t (n serial)", "which has a sequence of its own."),
        ("CREATE TABLE t (a int, n int GENERATED ALWAYS AS (a) STORED)", "which is computed from others."),
    ],
)
def test_column_that_is_tied_to_its_place_is_told_so(tables: str, why: str, retype: Retype) -> None:
    made, remedy = retype(tables, "ALTER TABLE t ALTER n TYPE bigint")
    assert made.kind == "type"
    assert remedy.startswith("Run it when nobody uses public.t; or copy its rows in batches to a new table")
    assert remedy.endswith(why)


@pytest.mark.parametrize(
    ("tables", "statement", "kind", "why"),
    [
        (
            "CREATE TABLE t (n varchar(9) PRIMARY KEY)",
            'ALTER TABLE t ALTER n TYPE text COLLATE "C"',
            "rebuilt",
            "Changing the collation rebuilds every index on n, and PostgreSQL has no online way. Run it when nobody",
        ),
        (
            "CREATE TABLE t (n text); CREATE INDEX ix_t_n ON t (n)",
            'ALTER TABLE t ALTER n TYPE text COLLATE "C"',
            "rebuilt",
            "Changing the collation rebuilds every index on n, and PostgreSQL has no online way. Add a second column,",
        ),
        (
            "CREATE TABLE t (n varchar(9) CONSTRAINT ok CHECK (n <> ''))",
            "ALTER TABLE t ALTER n TYPE text",
            "rechecked",
            "Changing the type checks all rows again, and PostgreSQL has no online way. Add a second column,",
        ),
    ],
)
def test_what_is_done_again_for_another_type_is_no_index_or_constraint_that_is_added(
    tables: str, statement: str, kind: str, why: str, retype: Retype
) -> None:
    """There is nothing to build before: what is there belongs to the column as it was."""
    made, remedy = retype(tables, statement)
    assert (made.kind, made.name) == (kind, "n")
    assert remedy.startswith(why)


def test_constraint_that_takes_the_place_of_another_one_is_added(retype: Retype) -> None:
    made, _ = retype(
        "CREATE TABLE t (n int, CONSTRAINT ok CHECK (n > 0))",
        "ALTER TABLE t DROP CONSTRAINT ok, ADD CONSTRAINT ok CHECK (n > 1)",
    )
    assert (made.kind, made.name) == ("check", "ok")


def test_new_column_that_is_not_null_is_known_as_such(retype: Retype) -> None:
    made, _ = retype("CREATE TABLE t (n int)", "ALTER TABLE t ADD token float NOT NULL DEFAULT random()")
    assert (made.kind, made.beside.required) == ("volatile", True)


def test_new_names_are_not_cut_to_those_that_are_there(
    retype: Retype, postgres_server: Server, empty_database: Database
) -> None:
    """PostgreSQL cuts what is longer than 63 bytes: to the old name, or that of another one."""
    column, stem = "n" * 59 + "_new", "ö" * 29
    tables = f"""
        CREATE TABLE t (id int PRIMARY KEY, {column} text NOT NULL DEFAULT '1'
            CONSTRAINT {stem}_ck_1 CHECK ({column} <> '') CONSTRAINT {stem}_ck_2 CHECK ({column} <> 'x'));
        CREATE INDEX {stem}_ix_1 ON t ({column}); CREATE INDEX {stem}_ix_2 ON t ({column}, id);
        INSERT INTO t VALUES (1, '10')
    """
    change = f"ALTER TABLE t ALTER {column} TYPE varchar(20)"
    _, remedy = retype(tables, change)
    with postgres_server.create() as other:
        with psycopg.connect(other.dsn, autocommit=True) as connection:
            connection.execute(tables.encode())
        follow(remedy, other)
        with psycopg.connect(other.dsn, autocommit=True) as there, psycopg.connect(empty_database.dsn) as here:
            others = diff(Catalog.read(here), Catalog.read(there))
            assert [one for one in others if not one.generated_name] == []
