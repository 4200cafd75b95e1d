"""What a migration writes against a unique index that is there, or a constraint that is checked at its COMMIT."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from schemaproof.finding import Finding
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.data.checks import UPGRADE_WITH_ROWS
from tests.schemaproof.migration.waits import ASYNC_ENV
from tests.schemaproof.projects import ENV, Step, make_project
from tests.schemaproof.rewritten import Rewritten, rewritten

TABLES = Step("""
    CREATE TABLE roles (id int PRIMARY KEY, name text NOT NULL);
    CREATE TABLE users (id int PRIMARY KEY, mail text, place int, role_id int);
    CREATE UNIQUE INDEX uq_users_mail ON users (mail);
    CREATE TABLE steps (id int PRIMARY KEY, n int CONSTRAINT uq_steps UNIQUE);
    CREATE TABLE pages (id int PRIMARY KEY, path text, gone boolean NOT NULL);
    CREATE UNIQUE INDEX uq_pages ON pages (path) WHERE NOT gone;
    CREATE TABLE later (id int PRIMARY KEY, n int CONSTRAINT uq_later UNIQUE DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE parts (id int PRIMARY KEY,
        role_id int CONSTRAINT of_role REFERENCES roles DEFERRABLE INITIALLY DEFERRED)
""")

# The statement, and what the remedy says; each of its lines is typed in place of the statement.
REFUSED = {
    "update": (
        "UPDATE users SET mail = left(mail, 1)",
        "The statement gives rows of users the mail of others. Merge such rows before it, or leave them as they are:",
    ),
    "update to a constant, where": (
        "UPDATE users SET mail = 'x' WHERE id > 0",
        "Rows affected in production: `SELECT CASE WHEN id > 0 THEN ('x') ELSE mail END, count(*) FROM users GROUP BY",
    ),
    "update that counts": (
        "UPDATE steps SET n = n + 1",
        'go by numbers that no row has, `op.execute("UPDATE steps SET n = -(n + 1)")` and then',
    ),
    "insert": (
        "INSERT INTO roles SELECT id, 'x' FROM roles RETURNING id",
        """`op.execute("INSERT INTO roles SELECT id, 'x' FROM roles ON CONFLICT (id) DO NOTHING RETURNING id")`""",
    ),
    "insert into a partial index": (
        "INSERT INTO pages SELECT id + 100000, path, gone FROM pages;",
        "FROM pages ON CONFLICT (path) WHERE (NOT gone) DO NOTHING",
    ),
}
ADVISED = {
    "parameters": ("INSERT INTO roles SELECT id, '%(a)s' FROM roles", "let it end with `ON CONFLICT (id) DO NOTHING`"),
    "another conflict": (
        "INSERT INTO users (id, mail) SELECT id + 100000, mail FROM users ON CONFLICT (id) DO NOTHING",
        "`INSERT INTO users ... SELECT ... WHERE NOT EXISTS (SELECT FROM users WHERE ...)`",
    ),
    "a join": (
        "UPDATE users SET mail = 'x' FROM (SELECT 1 AS one) r WHERE r.one = 1",
        "leave them out in it: `AND NOT EXISTS (SELECT FROM users other WHERE ...)`",
    ),
    "deferred": (
        "UPDATE later SET n = 5",
        "COMMIT checks uq_later, which is deferred, and refuses what `UPDATE later SET n = 5` wrote. The statement",
    ),
    "deferred insert": (
        "INSERT INTO later SELECT id + 100000, n FROM later",
        "Leave such rows out in it: `INSERT INTO later ... SELECT ... WHERE NOT EXISTS (SELECT FROM later WHERE ...)`",
    ),
    "deferred foreign key": (
        "DELETE FROM roles",
        "COMMIT checks of_role, which is deferred, and refuses what `DELETE FROM roles` wrote. Rows of parts refer to"
        " the rows of roles that it deletes.",
    ),
    "deferred foreign key, the other side": (
        "INSERT INTO parts SELECT -id, -id FROM roles",
        "COMMIT checks of_role, which is deferred, and refuses what `INSERT INTO parts SELECT -id, -id FROM roles`"
        " wrote. Insert the missing parents before the statement that writes rows of parts",
    ),
    "index of the revision": (
        "CREATE UNIQUE INDEX uq_place ON users (place)",
        "Merge or delete the duplicates in this revision, before it creates the unique index. Rows affected in"
        " production: `SELECT place, count(*) FROM users GROUP BY place HAVING count(*) > 1`.",
    ),
}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[Rewritten]:
    """The tables, and an upgrade that each test writes anew."""
    with rewritten(tmp_path_factory.mktemp("duplicated"), postgres_server, TABLES) as history:
        yield history


def found(history: Rewritten, *statements: str) -> list[Finding]:
    now = history.only_up(*statements)
    return [one for one in UPGRADE_WITH_ROWS.examine(now, now.revisions[1].revision) if one.faulty]


@pytest.mark.parametrize(("statement", "said"), REFUSED.values(), ids=REFUSED)
def test_lines_in_place_of_a_statement_that_an_index_refuses_pass(
    history: Rewritten, statement: str, said: str
) -> None:
    (told,) = found(history, statement)
    assert said in told.remedy
    assert "creates the unique index" not in told.remedy
    lines = [json.loads(one) for one in re.findall(r'`op\.execute\((".+?")\)`', told.remedy)]
    assert lines
    assert found(history, *lines) == []


@pytest.mark.parametrize(("statement", "said"), ADVISED.values(), ids=ADVISED)
def test_statement_is_told_from_the_index_and_from_the_commit(history: Rewritten, statement: str, said: str) -> None:
    (told,) = found(history, statement)
    assert said in told.remedy


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg2"])
def test_statement_behind_a_commit_is_known_whichever_driver_sends_it(
    driver: str, tmp_path: Path, own_server: Server
) -> None:
    later = Step("CREATE TABLE later (id int PRIMARY KEY, n int CONSTRAINT uq UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    env = ASYNC_ENV if driver == "asyncpg" else ENV
    subject = replace(make_project(tmp_path, [later, Step("UPDATE later SET n = 5")], env=env), driver=driver)
    with open_history(subject, own_server) as history:
        (told,) = (one for one in UPGRADE_WITH_ROWS.examine(history, "0002") if one.faulty)
    assert told.remedy.startswith("COMMIT checks uq, which is deferred, and refuses what `UPDATE later SET n = 5` ")
