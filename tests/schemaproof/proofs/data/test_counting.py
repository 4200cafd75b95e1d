"""The query in a remedy can be run as it is, and finds the rows."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from schemaproof.check import Check
from schemaproof.finding import Severity
from schemaproof.migration.history import History, open_history
from schemaproof.postgres import Server
from schemaproof.proofs.data.casting import Cast
from schemaproof.proofs.data.checks import UPGRADE_WITH_ROWS
from schemaproof.proofs.data.downgrades import DOWNGRADE_WITH_ROWS
from schemaproof.proofs.data.population import populate
from tests.schemaproof.migration.waits import ASYNC_ENV
from tests.schemaproof.projects import ENV, Step, make_project
from tests.schemaproof.rewritten import Rewritten, rewritten

SETUP = Step(
    "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE feelings AS ENUM ('sad', 'glad');"
    ' CREATE TABLE "Parent" (id int PRIMARY KEY);'
    ' CREATE TABLE t (id int PRIMARY KEY, a text, n bigint, feeling text, mood feelings, "Parent" int, CHECK (n > 0))',
    'DROP TABLE t; DROP TABLE "Parent"; DROP TYPE mood; DROP TYPE feelings',
)
LOGS = Step(
    "CREATE TABLE logs (day date NOT NULL) PARTITION BY RANGE (day); CREATE TABLE logs_rest PARTITION OF logs DEFAULT",
    "DROP TABLE logs",
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
    "enum": ("ALTER TABLE t ALTER feeling TYPE mood USING feeling::mood", "SELECT feeling, count(*) FROM t GROUP BY 1"),
}


PARTITION = (
    "CREATE TABLE logs_2031 PARTITION OF logs FOR VALUES FROM ('2031-01-01') TO ('2032-01-01')",
    "SELECT count(*) FROM logs_rest WHERE day >= '2031-01-01' AND day < '2032-01-01'",
)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[Rewritten]:
    """The tables, and an upgrade that each test writes anew."""
    with rewritten(tmp_path_factory.mktemp("counting"), postgres_server, SETUP) as history:
        yield history


@pytest.fixture(scope="module")
def inhabited(history: Rewritten) -> Iterator[psycopg.Connection]:
    """The tables with rows, before any such upgrade."""
    below = history.only_up("SELECT 1")
    with below.build(1) as database, psycopg.connect(database.dsn, autocommit=True) as connection:
        populate(below, database)
        yield connection


def told(history: History) -> str:
    """The query in the remedy of the upgrade, which some rows are refused by, and others not."""
    (finding,) = (one for one in UPGRADE_WITH_ROWS.examine(history, "0002") if one.faulty)
    assert finding.severity is Severity.WARNING
    query: str = re.findall(r"Rows affected in production: `(.+)`", finding.remedy)[0]
    return query


def assert_finds_rows(connection: psycopg.Connection, query: str) -> None:
    rows = connection.execute(query.encode()).fetchall()
    assert rows
    assert rows[0][-1] > 0


@pytest.mark.parametrize(("statement", "query"), REFUSED.values(), ids=REFUSED)
def test_query_of_an_upgrade_finds_the_rows_that_it_fails_on(
    history: Rewritten, inhabited: psycopg.Connection, statement: str, query: str
) -> None:
    found = told(history.only_up(statement))
    assert found.replace("GROUP BY feeling", "GROUP BY 1") == query
    assert_finds_rows(inhabited, found)


# The rows for a partition to come are made after the migrated database, and each driver has its own errors.
@pytest.mark.parametrize(
    ("setup", "case", "driver"),
    [(LOGS, PARTITION, "psycopg"), (SIMPLE, REFUSED["unique"], "psycopg2"), (SIMPLE, REFUSED["unique"], "asyncpg")],
    ids=["partition", "psycopg2", "asyncpg"],
)
def test_query_of_an_upgrade_finds_them_of_a_history_of_its_own(
    tmp_path: Path, own_server: Server, setup: Step, case: tuple[str, str], driver: str
) -> None:
    statement, query = case
    env = ASYNC_ENV if driver == "asyncpg" else ENV  # which takes one command at a time
    made = make_project(tmp_path, [setup, Step(statement)], env=env)
    with open_history(replace(made, driver=driver), own_server) as history:
        found = told(history)
        assert found == query
        with history.build(1) as database, psycopg.connect(database.dsn, autocommit=True) as connection:
            populate(history, database)
            assert_finds_rows(connection, found)


def test_query_of_a_downgrade_finds_the_rows_that_it_fails_on(tmp_path: Path, own_server: Server) -> None:
    wider = Step("ALTER TABLE t ALTER b TYPE varchar(90)", "ALTER TABLE t ALTER b TYPE varchar(5)")
    first = Step("CREATE TABLE t (id int PRIMARY KEY, b varchar(5))", "DROP TABLE t")
    with open_history(make_project(tmp_path, [first, wider]), own_server) as history:
        (finding,) = (one for one in DOWNGRADE_WITH_ROWS.examine(history, "0002") if one.faulty)
    assert finding.remedy.endswith("Rows affected in production: `SELECT count(*) FROM t WHERE length(b) > 5`.")


# The last revision's upgrade and downgrade, and what its remedy has of the columns.
SHORTER = {
    "downgrade": (
        DOWNGRADE_WITH_ROWS,
        Step("ALTER TABLE t ALTER b TYPE text", "ALTER TABLE t ALTER b TYPE varchar(5)"),
        '`postgresql_using="left(b, 5)"`.',
    ),
    "name in quotes": (
        DOWNGRADE_WITH_ROWS,
        Step('ALTER TABLE t ALTER "Order" TYPE text', 'ALTER TABLE t ALTER "Order" TYPE char(5)'),
        '`postgresql_using="left(\\"Order\\", 5)"`.',
    ),
    "reserved word": (
        UPGRADE_WITH_ROWS,
        Step('ALTER TABLE t ALTER "user" TYPE varchar(3)'),
        '`postgresql_using="left(\\"user\\", 3)"`. Rows affected in production: `SELECT count(*) FROM t WHERE'
        ' length("user") > 3`.',
    ),
    "two columns": (
        UPGRADE_WITH_ROWS,
        Step('ALTER TABLE t ALTER b TYPE varchar(3), ALTER "user" TYPE varchar(3)'),
        '`postgresql_using="left(b, 3)"` and `postgresql_using="left(\\"user\\", 3)"`.',
    ),
    "statement that writes it": (
        UPGRADE_WITH_ROWS,
        Step("ALTER TABLE t ADD c varchar(3); UPDATE t SET c = b"),
        "what becomes of longer values: `left(..., 3)` in the statement that writes them.",
    ),
    "NOT NULL": (
        DOWNGRADE_WITH_ROWS,
        Step('ALTER TABLE t ALTER "Order" DROP NOT NULL', 'ALTER TABLE t ALTER "Order" SET NOT NULL'),
        '`op.execute("UPDATE t SET \\"Order\\" = ... WHERE \\"Order\\" IS NULL")`.',
    ),
}


@pytest.mark.parametrize(("check", "step", "line"), SHORTER.values(), ids=SHORTER)
def test_remedy_has_the_columns_and_their_length(
    tmp_path: Path, own_server: Server, check: Check, step: Step, line: str
) -> None:
    table = 'id int PRIMARY KEY, b varchar(5), "Order" char(5) NOT NULL, "user" varchar(5)'
    first = Step(f"CREATE TABLE t ({table})", "DROP TABLE t")
    with open_history(make_project(tmp_path, [first, step]), own_server) as history:
        (finding,) = (one for one in check.examine(history, "0002") if one.faulty)
    assert line in finding.remedy


# What an upgrade makes itself, nobody can ask for in production before it.
PEOPLE = Step("CREATE TABLE people (id int PRIMARY KEY, a text, b text, c text)", "DROP TABLE people")
OF_ITS_OWN = {
    "key of a new column": (
        "ALTER TABLE people ADD boss int; UPDATE people SET boss = id + 1;"
        " ALTER TABLE people ADD FOREIGN KEY (boss) REFERENCES people",
        ", at most: `SELECT count(*) FROM people`.",
    ),
    "key to a new table": (
        "CREATE TABLE teams (id int PRIMARY KEY); ALTER TABLE people ADD FOREIGN KEY (id) REFERENCES teams",
        ", at most: `SELECT count(*) FROM people`.",
    ),
    "unique index on a new column": (
        "ALTER TABLE people ADD d text; UPDATE people SET d = left(a, 1); CREATE UNIQUE INDEX ON people (d)",
        ", at most: `SELECT count(*) FROM people`.",
    ),
    "check of a new column": (
        "ALTER TABLE people ADD d int; UPDATE people SET d = id; ALTER TABLE people ADD CHECK (d > 100000)",
        ", at most: `SELECT count(*) FROM people`.",
    ),
    "NOT NULL of a new column": (
        "ALTER TABLE people ADD d text; UPDATE people SET d = b; ALTER TABLE people ALTER d SET NOT NULL",
        ", at most: `SELECT count(*) FROM people`.",
    ),
    "new table": (
        "CREATE TABLE teams (id int PRIMARY KEY, name text NOT NULL); INSERT INTO teams SELECT id, b FROM people",
        None,
    ),
    "key of columns that are there": (
        "ALTER TABLE people ADD FOREIGN KEY (b) REFERENCES names",
        ": `SELECT count(*) FROM people c WHERE c.b IS NOT NULL AND NOT EXISTS (SELECT FROM public.names p WHERE"
        " p.name = c.b)`.",
    ),
}


@pytest.mark.parametrize(("statements", "counted"), OF_ITS_OWN.values(), ids=OF_ITS_OWN)
def test_query_is_of_what_is_there_before_the_upgrade(
    tmp_path: Path, own_server: Server, statements: str, counted: str | None
) -> None:
    names = Step("CREATE TABLE names (name text PRIMARY KEY)", "DROP TABLE names")
    with open_history(make_project(tmp_path, [names, PEOPLE, Step(statements)]), own_server) as history:
        (finding,) = (one for one in UPGRADE_WITH_ROWS.examine(history, "0003") if one.faulty)
    told = finding.remedy.partition("Rows affected in production")[2]
    assert told == (counted or "")


WIDE = "k1 int, k2 int, c1 text, c2 text, c3 text, c4 text, c5 text, c6 text, z text, PRIMARY KEY (k1, k2)"
DECIDING = {
    "unique index": "CREATE UNIQUE INDEX ON wide (z)",
    "check": "ALTER TABLE wide ADD CHECK (z < 'A')",
    "foreign key": "ALTER TABLE wide ADD FOREIGN KEY (z) REFERENCES names",
    "statement": "UPDATE wide SET k1 = z::int",
}


@pytest.mark.parametrize("statement", DECIDING.values(), ids=DECIDING)
def test_evidence_shows_the_column_that_decides_after_the_key(
    tmp_path: Path, own_server: Server, statement: str
) -> None:
    tables = Step(f"CREATE TABLE names (name text PRIMARY KEY); CREATE TABLE wide ({WIDE})", "DROP TABLE wide, names")
    with open_history(make_project(tmp_path, [tables, Step(statement)]), own_server) as history:
        (finding,) = (one for one in UPGRADE_WITH_ROWS.examine(history, "0002") if one.faulty)
    (grid,) = (one for one in finding.grids if "z" in one.head)
    assert grid.head[:3] == ("k1", "k2", "z")


FAMILY = Step(
    "CREATE TABLE tenants (id int PRIMARY KEY, name text); CREATE TABLE actions (id int PRIMARY KEY,"
    " tenant_id int NOT NULL REFERENCES tenants)",
    "DROP TABLE actions, tenants",
)
REFERRING = "tenant_id IN (SELECT tenants.id FROM tenants WHERE name IS NOT NULL)"
STILL_REFERRED = {
    "deleted": (
        Step("DELETE FROM tenants WHERE name IS NOT NULL"),
        UPGRADE_WITH_ROWS,
        "Rows of actions refer to the rows of tenants that it deletes. Point them to another row before the statement,"
        f' or delete them first: `op.execute("DELETE FROM actions WHERE {REFERRING}")`. Rows affected in production:'
        f" `SELECT count(*) FROM actions WHERE {REFERRING}`.",
    ),
    "key changed": (
        Step("UPDATE tenants t SET id = -id"),
        UPGRADE_WITH_ROWS,
        "Rows of actions refer to the rows of tenants that it changes. Point them to another row before the statement,"
        ' or delete them first: `op.execute("DELETE FROM actions WHERE tenant_id IN (SELECT t.id FROM tenants t)")`.'
        " Rows affected in production: `SELECT count(*) FROM actions WHERE tenant_id IN (SELECT t.id FROM tenants t)`.",
    ),
    "deleted in the downgrade": (
        Step("UPDATE tenants SET name = upper(name)", "DELETE FROM tenants WHERE name IS NOT NULL"),
        DOWNGRADE_WITH_ROWS,
        f"Rows affected in production: `SELECT count(*) FROM actions WHERE {REFERRING}`.",
    ),
    "written": (
        Step("INSERT INTO actions SELECT id + 9000, -id FROM tenants"),
        UPGRADE_WITH_ROWS,
        "Insert the missing parents before the statement that writes rows of actions, or leave such rows out in it:"
        " `WHERE EXISTS (SELECT FROM ... WHERE ...)`.",
    ),
    "written into a new table": (
        Step("CREATE TABLE last (id int PRIMARY KEY REFERENCES tenants); INSERT INTO last SELECT id + 1 FROM tenants"),
        UPGRADE_WITH_ROWS,
        "Insert the missing parents before the statement that writes rows of last, or leave such rows out in it:"
        " `WHERE EXISTS (SELECT FROM ... WHERE ...)`.",
    ),
}


@pytest.mark.parametrize(("step", "check", "told"), STILL_REFERRED.values(), ids=STILL_REFERRED)
def test_rows_that_refer_to_what_a_statement_takes_away_are_no_orphans(
    tmp_path: Path, own_server: Server, step: Step, check: Check, told: str
) -> None:
    """The server has one error for both, and before the statement there is no orphan."""
    with open_history(make_project(tmp_path, [FAMILY, step]), own_server) as history:
        (finding,) = (one for one in check.examine(history, "0002") if one.faulty)
    assert finding.remedy.endswith(told)


def test_delete_whose_key_sets_null_where_none_may_be_passes_with_its_remedy(
    tmp_path: Path, own_server: Server
) -> None:
    """The server names the column of the child, in which there is no NULL before the statement, nor may one be."""
    family = Step(FAMILY.up.replace("REFERENCES tenants", "REFERENCES tenants ON DELETE SET NULL"), FAMILY.down)
    with open_history(make_project(tmp_path / "faulty", [family, STILL_REFERRED["deleted"][0]]), own_server) as history:
        (finding,) = (one for one in UPGRADE_WITH_ROWS.examine(history, "0002") if one.faulty)
    told = finding.remedy.replace(", and tenant_id, which ON DELETE SET NULL empties, is NOT NULL", "")
    assert told != finding.remedy
    assert told.endswith(STILL_REFERRED["deleted"][2])

    (delete,) = re.findall(r'op.execute\("(.+?)"\)', finding.remedy)
    remedied = Step(f"{delete}; {STILL_REFERRED['deleted'][0].up}")
    with open_history(make_project(tmp_path / "sound", [family, remedied]), own_server) as history:
        assert not [one for one in UPGRADE_WITH_ROWS.examine(history, "0002") if one.faulty]


def test_rows_that_are_refused_are_told_and_not_those_that_refer_to_them(tmp_path: Path, own_server: Server) -> None:
    """Rows of a table come with those which they refer to, and a revision may change both tables."""
    tables = Step(
        "CREATE TYPE role AS ENUM ('admin'); CREATE TABLE users (id int PRIMARY KEY, role role NOT NULL);"
        " CREATE TABLE agents (id int PRIMARY KEY, role role NOT NULL, user_id int NOT NULL REFERENCES users)",
        "DROP TABLE agents, users; DROP TYPE role",
    )
    to_text, to_enum = (
        [f"ALTER TABLE {table} ALTER role TYPE {kind} USING role::{kind}" for table in ("users", "agents")]
        for kind in ("text", "role")
    )
    with open_history(
        make_project(tmp_path, [tables, Step("; ".join(to_text), "; ".join(to_enum))]), own_server
    ) as one:
        (finding,) = (found for found in DOWNGRADE_WITH_ROWS.examine(one, "0002") if found.faulty)
    assert finding.object == "table public.users"
    assert "UPDATE users SET" in finding.remedy


INCIDENTS = Step(
    "CREATE TABLE incidents (id int PRIMARY KEY, a text, b text, n int NOT NULL DEFAULT 7, d text NOT NULL DEFAULT '')"
)
EACH = "\n\ndef each(statements):\n    for one in statements.splitlines():\n        op.execute(one)\n"
NULLED = {
    "downgrade": (
        DOWNGRADE_WITH_ROWS,
        Step(
            "UPDATE incidents SET a = d\nALTER TABLE incidents DROP d",
            "ALTER TABLE incidents ADD d text NOT NULL DEFAULT ''\nUPDATE incidents SET d = a",
        ),
        "Write a value where there is none: `SET d = coalesce(a, '')`. Rows affected in production: `SELECT count(*)"
        " FROM incidents WHERE a IS NULL`.",
    ),
    "condition": (
        UPGRADE_WITH_ROWS,
        Step("UPDATE incidents i SET n = length(i.a), b = '' WHERE b = 'x' OR true"),
        "Write a value where there is none: `SET n = coalesce((length(i.a)), 0)`. Rows affected in production: `SELECT"
        " count(*) FROM incidents i WHERE (b = 'x' OR true) AND (length(i.a)) IS NULL`.",
    ),
    "new column": (
        UPGRADE_WITH_ROWS,
        Step("ALTER TABLE incidents ADD c text\nUPDATE incidents SET n = length(c)"),
        "Write a value where there is none: `SET n = coalesce((length(c)), 0)`. Rows affected in production, at most:"
        " `SELECT count(*) FROM incidents`.",
    ),
    "new table": (
        UPGRADE_WITH_ROWS,
        Step("CREATE TABLE copies (b text NOT NULL)\nINSERT INTO copies SELECT b FROM incidents"),
        "Write a value where there is none: `coalesce(..., '')` for b in the INSERT.",
    ),
}


@pytest.mark.parametrize(("check", "step", "remedy"), NULLED.values(), ids=NULLED)
def test_null_that_a_statement_writes_is_no_column_without_a_default(
    tmp_path: Path, own_server: Server, check: Check, step: Step, remedy: str
) -> None:
    subject = make_project(tmp_path, [INCIDENTS, step])
    path = tmp_path / "migrations" / "versions" / "0002.py"
    path.write_text(path.read_text().replace("op.execute(", "each(") + EACH)
    with open_history(subject, own_server) as history:
        (finding,) = (one for one in check.examine(history, "0002") if one.faulty)
    assert finding.remedy == remedy


CASTS = Step(
    "CREATE TYPE mood AS ENUM ('sad');"
    " CREATE TABLE t (id int PRIMARY KEY, a text, b varchar(90), n bigint, u uuid, m mood)"
)
# The statement; the column and its type, and how the query goes on, where these can be told.
REFUSED_CASTS = {
    "uuid": ("ALTER TABLE t ALTER a TYPE uuid USING a::uuid", "a", "uuid", "t WHERE {}"),
    "json": ("ALTER TABLE t ALTER a TYPE json USING CAST(a AS json)", "a", "json", "t WHERE {}"),
    "date": ("ALTER TABLE t ALTER b TYPE date USING t.b::date", "b", "date", "t WHERE {}"),
    "update": ("UPDATE t SET u = a::uuid WHERE n > 0 OR b IS NULL", "a", "uuid", "t WHERE (n > 0 OR b IS NULL) AND {}"),
    "label": ("UPDATE t SET m = a::mood", "a", "mood", "t WHERE {}"),
    "two columns": ("ALTER TABLE t ALTER b TYPE int USING b::int, ALTER a TYPE int USING a::int", "", "", ""),
    "expression": ("ALTER TABLE t ALTER a TYPE int USING nullif(a, '')::int", "", "", ""),
}


@pytest.mark.parametrize("case", REFUSED_CASTS.values(), ids=REFUSED_CASTS)
def test_rows_that_a_cast_refuses_are_counted_by_what_their_values_are(
    tmp_path: Path, own_server: Server, case: tuple[str, str, str, str]
) -> None:
    statement, column, kind, rows = case
    with open_history(make_project(tmp_path, [CASTS, Step(statement)]), own_server) as history:
        (finding,) = (one for one in UPGRADE_WITH_ROWS.examine(history, "0002") if one.faulty)
        told = finding.remedy.rpartition("Rows affected in production")[2]
        if not column or own_server.version < 160000:
            assert told.startswith(", at most")
            return
        refused = f"NOT pg_input_is_valid({column}, '{kind}')"
        assert told == f": `SELECT count(*) FROM {rows.format(refused)}`."
        line = f'`op.execute("UPDATE t SET {column} = ... WHERE {refused}")`'
        assert finding.remedy.startswith(f"Give the rows whose {column} is no {kind} another value first: {line}.")
        with history.build(1) as database, psycopg.connect(database.dsn, autocommit=True) as connection:
            populate(history, database)
            assert_finds_rows(connection, told[3:-2])


def test_rows_that_a_cast_refuses_are_all_counted_where_the_server_can_not_tell() -> None:
    cast = Cast(("public", "t"), "a", "a", "uuid", "t", exactly=True, release=150010)
    assert cast.query == (
        "SELECT count(*) FROM t",
        ", at most (this counts all rows, some of which may be fine)",
    )
