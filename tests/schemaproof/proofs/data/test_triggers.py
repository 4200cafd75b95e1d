"""Which trigger has changed a value, as the server prints triggers and as functions are written."""

from pathlib import Path

import psycopg
import pytest

from schemaproof.catalog import Catalog
from schemaproof.migration.history import open_history
from schemaproof.postgres import Database, Server
from schemaproof.proofs.data.triggers import culprits, triggers_of
from schemaproof.proofs.data.values_kept import VALUES_KEPT
from schemaproof.proofs.data.writes import writes
from tests.schemaproof.projects import Step, make_project

SETUP = """
CREATE TABLE teams (id int PRIMARY KEY, name text, changed timestamptz, note text);
CREATE TABLE "Members" (id int PRIMARY KEY, name text, team int, "on" text);
CREATE FUNCTION rename() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN UPDATE teams SET name = NEW.name WHERE id = NEW.team; RETURN NULL; END $$;
CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.changed := now(); RETURN NEW; END $$;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note = 'x'; RETURN NEW; END $$;
CREATE TRIGGER "Renames" AFTER INSERT OR UPDATE OF name, "on" ON "Members" FOR EACH ROW EXECUTE FUNCTION rename();
CREATE TRIGGER stays BEFORE DELETE ON teams FOR EACH ROW EXECUTE FUNCTION stay();
CREATE TRIGGER touches BEFORE UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER notes BEFORE UPDATE ON teams FOR EACH ROW WHEN (OLD.name <> 'on') EXECUTE FUNCTION note();
"""
FUNCTIONS = "SELECT proname::text, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"


@pytest.mark.parametrize(
    ("statement", "column", "expected"),
    [
        ('UPDATE "Members" SET name = lower(name)', "name", ["Renames"]),
        ("INSERT INTO \"Members\" (id, name) VALUES (1, 'a')", "name", ["Renames"]),
        ('UPDATE "Members" SET "on" = name', "changed", ["touches"]),
        ('UPDATE "Members" SET team = 1', "name", []),
        ("UPDATE teams SET id = id + 1", "note", ["notes"]),
        ("UPDATE teams SET id = id + 1", "name", ["notes", "touches"]),
        ("DELETE FROM teams", "name", ["stays"]),
    ],
)
def test_culprit_is_what_the_statement_fires_and_what_sets_the_column(
    empty_database: Database, statement: str, column: str, expected: list[str]
) -> None:
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        connection.execute(SETUP)
        functions: dict[str, str] = dict(connection.execute(FUNCTIONS).fetchall())
        known = triggers_of([None, Catalog.read(connection)])
    found = culprits(known, writes([statement], functions), functions, {("public", "teams")}, column)
    assert sorted(one.name for one in found) == expected


def test_remedy_disables_the_trigger_at_its_own_table(tmp_path: Path, postgres_server: Server) -> None:
    rename = Step("""UPDATE "Members" SET name = name || '!'""", """UPDATE "Members" SET name = rtrim(name, '!')""")
    key = 'ALTER TABLE "Members" ADD FOREIGN KEY (team) REFERENCES teams'
    project = make_project(tmp_path, [Step(f"{SETUP}; {key}", 'DROP TABLE "Members", teams'), rename])
    with open_history(project, postgres_server) as history:
        (finding,) = (one for one in VALUES_KEPT.examine(history, "0002") if str(one.object).endswith("teams.name"))
    assert finding.message.endswith("no statement sets it: the trigger Renames of public.Members does.")
    assert r'`op.execute("ALTER TABLE \"Members\" DISABLE TRIGGER \"Renames\"")`' in finding.remedy
    assert finding.remedy.endswith('Rows affected in production: `SELECT count(*) FROM "Members"`.')
