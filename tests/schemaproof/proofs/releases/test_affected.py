"""Which relations a revision may have changed something for."""

import psycopg
import pytest

from schemaproof.catalog import Catalog
from schemaproof.postgres import Database
from schemaproof.proofs.releases.affected import Affected, affected

BEFORE = (
    "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN mail AS text;"
    "CREATE TABLE t (id int PRIMARY KEY, mood mood, moods mood[], mail mail, title text);"
    "CREATE TABLE keyless (id int); CREATE TABLE log (line text); CREATE TABLE untouched (id int PRIMARY KEY);"
    "CREATE FUNCTION inner_one() RETURNS int LANGUAGE sql AS 'SELECT 1';"
    "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN PERFORM inner_one(); INSERT INTO log VALUES (''a''); RETURN new; END';"
    "CREATE TRIGGER noted BEFORE INSERT ON keyless FOR EACH ROW EXECUTE FUNCTION noted()"
)


def found(database: Database, change: str) -> Affected:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(BEFORE)
        before = Catalog.read(connection)
        connection.execute(change.encode())
        return affected(before, Catalog.read(connection))


@pytest.mark.parametrize(
    ("change", "relations"),
    [
        ("COMMENT ON TABLE t IS 'a'; CREATE TABLE u (id int REFERENCES t, a int CHECK (a > 0))", {}),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", {}),
        ("ALTER TABLE t ALTER title SET NOT NULL", {"t": {"title"}}),
        ("ALTER TABLE t ADD CHECK (id > 0 OR title <> '')", {"t": {"id", "title"}}),
        ("ALTER TYPE mood ADD VALUE 'happy'", {"t": {"mood", "moods"}}),
        ("ALTER DOMAIN mail ADD CHECK (VALUE <> '')", {"t": {"mail"}}),
        ("CREATE OR REPLACE FUNCTION inner_one() RETURNS int LANGUAGE sql AS 'SELECT 2'", {"keyless": set()}),
        ("ALTER TABLE log ADD source text NOT NULL", {"keyless": set(), "log": set()}),
        ("CREATE PUBLICATION p FOR ALL TABLES", {"keyless": set(), "log": set()}),
    ],
)
def test_what_a_change_may_be_felt_in_is_found(
    empty_database: Database, change: str, relations: dict[str, set[str]]
) -> None:
    assert found(empty_database, change).relations == {("public", name): each for name, each in relations.items()}


def test_what_is_unique_and_what_is_checked_afterwards_is_known(empty_database: Database) -> None:
    indexes = "CREATE UNIQUE INDEX ON t (title, id); CREATE UNIQUE INDEX ON t (lower(title))"
    change = f"{indexes}; ALTER TABLE t ADD CHECK (id > 7)"
    known, t = found(empty_database, change), ("public", "t")
    assert set(known.unique[t]) == {("title", "id"), ()}
    assert known.checks == {(t, "id"): ("CHECK ((id > 7))",)}


def test_of_many_tables_that_share_what_has_changed_some_are_enough(empty_database: Database) -> None:
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        connection.execute("CREATE TYPE e AS ENUM ('a')")
        for number in range(30):
            connection.execute(f"CREATE TABLE m{number:02} (e e)".encode())
    relations = found(empty_database, "ALTER TYPE e ADD VALUE 'b'; ALTER TABLE m29 ADD a int").relations
    assert len(relations) == 21
    assert ("public", "m29") in relations
