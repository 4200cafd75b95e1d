"""What a remedy has to be typed can be, also where a name needs quotes."""

import ast
import re
from pathlib import Path

import psycopg
import pytest

import schemaproof
from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.data.checks import UPGRADE_WITH_ROWS
from schemaproof.proofs.data.population import populate
from schemaproof.proofs.data.rows_kept import ROWS_KEPT
from tests.schemaproof.projects import Step, make_project
from tests.schemaproof.proofs.locks.projects import python_project

SOURCES = Path(schemaproof.__file__).parent
TEAMS = 'CREATE TABLE "Teams" (n int PRIMARY KEY, id uuid NOT NULL, kind text, UNIQUE (id), UNIQUE (kind, id));'
CHILD = 'CREATE TABLE "Members" (n int PRIMARY KEY, "Team" uuid REFERENCES "Teams" (id) ON DELETE {action});'
PAIR = (
    'CREATE TABLE "Members" (n int PRIMARY KEY, kind text NOT NULL, "Team" uuid NOT NULL,'
    ' FOREIGN KEY (kind, "Team") REFERENCES "Teams" (kind, id) ON DELETE CASCADE);'
)
DROP = 'DROP TABLE "Members", "Teams"'


def test_no_statement_is_put_between_quotes_as_it_is() -> None:
    """A quoted name ends the string: ``operations.execute`` writes the line."""
    sources = {path: path.read_text(encoding="utf-8") for path in SOURCES.glob("proofs/**/*.py")}
    assert [path for path, text in sources.items() if re.search(r'op\.execute\("[^"\n`]*\{', text)] == []


def told(tmp_path: Path, server: Server, made: str, delete: str) -> tuple[Finding, int]:
    """The finding for the table of members, and how many rows its query counts before the upgrade."""
    project = make_project(tmp_path, [Step(f"{TEAMS} {made}", DROP), Step(delete, "SELECT 1")])
    with open_history(project, server) as history:
        (finding,) = (one for one in ROWS_KEPT.examine(history, "0002") if "public.Members" in str(one.object))
        with history.build(1) as database, psycopg.connect(database.dsn, autocommit=True) as connection:
            populate(history, database)
            query: str = re.findall(r"Rows affected in production: `(.+?)`", finding.remedy)[0]
            (count,) = connection.execute(query.encode()).fetchone() or (0,)
    return finding, count


@pytest.mark.parametrize("made", [CHILD.format(action="CASCADE"), PAIR], ids=["one-column", "two-columns"])
def test_rows_that_go_with_a_parent_are_counted_by_the_key_that_refers_to_it(
    tmp_path: Path, postgres_server: Server, made: str
) -> None:
    finding, count = told(tmp_path, postgres_server, made, 'DELETE FROM "Teams" t WHERE t.n > 0')
    (line,) = re.findall(r"`(op\.execute\(.+?\))`", finding.remedy)
    ast.parse(line)
    assert count > 0


def test_rows_that_go_with_a_parent_that_is_inserted_again_are_counted_too(
    tmp_path: Path, postgres_server: Server
) -> None:
    again = (
        'CREATE TABLE kept AS SELECT * FROM "Teams"; DELETE FROM "Teams" WHERE n > 0;'
        ' INSERT INTO "Teams" SELECT * FROM kept; DROP TABLE kept'
    )
    finding, count = told(tmp_path, postgres_server, CHILD.format(action="CASCADE"), again)
    assert finding.message.endswith("they go with rows of public.Teams.")
    assert count > 0


LABELS = Step(
    "CREATE TABLE labels (id int PRIMARY KEY, name text NOT NULL, data jsonb)",
    "DROP TABLE labels",
)


@pytest.mark.parametrize(
    ("statement", "remedy"),
    [
        (
            "UPDATE labels SET data = :name::jsonb WHERE id = :id",
            "No row is at fault: text() takes no `:name::jsonb` for a parameter, since a colon follows its name. Write"
            " `CAST(:name AS jsonb)`.",
        ),
        ("UPDATE labels SET data = , name = :name WHERE id = :id", "Correct the statement, which is run only where"),
    ],
    ids=["colons", "syntax"],
)
def test_statement_that_is_at_fault_itself_is_what_the_remedy_is_about(
    tmp_path: Path, postgres_server: Server, statement: str, remedy: str
) -> None:
    upgrade = f"""
    from sqlalchemy import text
    for row in op.get_bind().execute(text("SELECT id, name FROM labels")).mappings().all():
        op.get_bind().execute(text({statement!r}), row)
    """
    with open_history(python_project(tmp_path, upgrade, before=[LABELS]), postgres_server) as history:
        (finding,) = (one for one in UPGRADE_WITH_ROWS.examine(history, "0002") if one.faulty)
    assert finding.remedy.startswith(remedy)
    assert "Rows affected" not in finding.remedy


def test_duplicates_that_a_new_constraint_refuses_are_still_to_be_merged(
    tmp_path: Path, postgres_server: Server
) -> None:
    unique = Step("ALTER TABLE labels ADD UNIQUE (name)", "ALTER TABLE labels DROP CONSTRAINT labels_name_key")
    with open_history(make_project(tmp_path, [LABELS, unique]), postgres_server) as history:
        (finding,) = (one for one in UPGRADE_WITH_ROWS.examine(history, "0002") if one.faulty)
    assert finding.remedy.startswith("Merge or delete the duplicates in this revision")


def test_value_that_a_conversion_makes_null_of_is_one_of_some_rows(tmp_path: Path, postgres_server: Server) -> None:
    """Of the values in production some may be known to the function, or all."""
    people = "CREATE TABLE people (id int PRIMARY KEY, mail text UNIQUE);"
    made = f"{people} CREATE TABLE orders (id int PRIMARY KEY, owner text NOT NULL);"
    known = "CREATE FUNCTION known(text) RETURNS int LANGUAGE sql AS 'SELECT id FROM people WHERE mail = $1';"
    steps = [
        Step(made + known, "DROP FUNCTION known; DROP TABLE orders, people"),
        Step("ALTER TABLE orders ALTER COLUMN owner TYPE int USING known(owner)", "SELECT 1"),
    ]
    with open_history(make_project(tmp_path, steps), postgres_server) as history:
        (finding,) = (one for one in UPGRADE_WITH_ROWS.examine(history, "0002") if one.faulty)
    assert finding.severity is Severity.WARNING
    assert 'type_=..., postgresql_using="coalesce(known(owner), ...)")`' in finding.remedy
