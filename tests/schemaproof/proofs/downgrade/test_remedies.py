"""What downgrade-restores says to write into downgrade() restores the schema."""

import ast
import re
from pathlib import Path

import pytest

from schemaproof.finding import Severity
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.project.subject import Subject
from schemaproof.proofs.downgrade.checks import DOWNGRADE_RESTORES
from tests.schemaproof.projects import Step, make_project

TABLES = """
CREATE SCHEMA shop;
CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL DEFAULT 'nobody', age int DEFAULT 18,
    CONSTRAINT named CHECK (name <> ''));
CREATE INDEX by_name ON users (name);
CREATE TABLE shop.orders (id int PRIMARY KEY, user_id int CONSTRAINT of_user REFERENCES users (id) ON DELETE CASCADE);
CREATE VIEW nobodies AS SELECT id FROM users WHERE name = 'nobody'
"""


def findings(subject: Subject, server: Server) -> dict[str, str]:
    """The remedy for each object that the downgrade of the last revision does not restore."""
    with open_history(subject, server) as history:
        return {
            str(one.object): one.remedy
            for one in DOWNGRADE_RESTORES.examine(history, history.revisions[-1].revision)
            if one.severity is not Severity.NOTE
        }


@pytest.mark.parametrize(
    ("up", "object_"),
    [
        ("CREATE TYPE mood AS ENUM ('sad', 'ok')", "type public.mood"),
        ("CREATE TYPE shop.mood AS ENUM ('sad', 'ok')", "type shop.mood"),
        ("CREATE TABLE posts (id int PRIMARY KEY)", "table public.posts"),
        ("ALTER TABLE shop.orders ADD note text", "column shop.orders.note"),
        ("ALTER TABLE users DROP name CASCADE", "column public.users.name"),
        ("ALTER TABLE users ALTER age DROP DEFAULT, ALTER age TYPE bigint", "column public.users.age"),
        ("DROP INDEX by_name", "index public.by_name"),
        ("ALTER TABLE users DROP CONSTRAINT named", "constraint public.users.named"),
        ("ALTER TABLE shop.orders DROP CONSTRAINT of_user", "constraint shop.orders.of_user"),
        ("DROP VIEW nobodies", "view public.nobodies"),
        ("CREATE SEQUENCE shop.numbers", "sequence shop.numbers"),
        (
            "CREATE FUNCTION shop.one(int, text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "function shop.one(integer, text)",
        ),
        ("CREATE SCHEMA other", "schema other"),
    ],
)
def test_lines_restore_the_object(tmp_path: Path, own_server: Server, up: str, object_: str) -> None:
    remedy = findings(make_project(tmp_path / "faulty", [Step(TABLES), Step(up)]), own_server)[object_]
    lines = ["import sqlalchemy as sa", *re.findall(r"`(.+?)`", remedy)]
    fixed = make_project(tmp_path / "fixed", [Step(TABLES), Step(up)])
    with (tmp_path / "fixed" / "migrations" / "versions" / "0002.py").open("a") as file:
        file.write("".join(f"    {line}\n" for line in lines))
    assert object_ not in findings(fixed, own_server)


def test_label_of_an_enum_is_added_so_that_the_upgrade_passes_where_it_is_left(
    tmp_path: Path, own_server: Server
) -> None:
    mood = Step("CREATE TYPE \"Mood\" AS ENUM ('sad', 'ok')", 'DROP TYPE "Mood"')
    added = "ALTER TYPE \"Mood\" ADD VALUE 'so-so' BEFORE 'ok'; ALTER TYPE \"Mood\" ADD VALUE 'it''s fine'"
    remedy = findings(make_project(tmp_path / "faulty", [mood, Step(added, "SELECT 1")]), own_server)[
        "type public.Mood"
    ]
    statements = [ast.literal_eval(one) for one in re.findall(r"`op\.execute\((.+?)\)`", remedy)]
    assert len(statements) == 2
    fixed = make_project(tmp_path / "fixed", [mood, Step("; ".join(statements), "SELECT 1")])
    assert findings(fixed, own_server) == {}


def test_table_that_is_gone_is_told_without_lines(tmp_path: Path, own_server: Server) -> None:
    """Autogenerate writes tables better."""
    remedies = findings(make_project(tmp_path, [Step(TABLES), Step("DROP TABLE shop.orders")]), own_server)
    assert remedies == {"table shop.orders": DOWNGRADE_RESTORES.remedy}
