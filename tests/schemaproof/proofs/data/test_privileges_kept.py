"""What becomes of privileges: with an object that is recreated they go, and what says so itself means it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from schemaproof.catalog.privileges import held
from schemaproof.finding import Finding
from schemaproof.migration import grants
from schemaproof.migration.history import History, open_history
from schemaproof.postgres import Server
from schemaproof.proofs.data.privileges_kept import PRIVILEGES_KEPT
from tests.schemaproof.projects import Step, make_project, table
from tests.schemaproof.rewritten import Rewritten, rewritten

# pg_monitor stands for a role of the project's: it is there on every server, and nothing depends on it.
NOTES = (
    "CREATE TABLE notes (id int, a text, b text, n serial); GRANT SELECT, INSERT ON notes TO pg_monitor;"
    "GRANT UPDATE (a) ON notes TO PUBLIC;"
    "GRANT USAGE ON SEQUENCE notes_n_seq TO PUBLIC;"
    "CREATE TABLE own (id int); CREATE TABLE ids (id int GENERATED ALWAYS AS IDENTITY);"
    "CREATE TABLE logs (id int); GRANT SELECT, TRUNCATE ON logs TO pg_monitor;"
    "CREATE VIEW titles AS SELECT 1 AS id; GRANT SELECT ON titles TO PUBLIC;"
    "CREATE MATERIALIZED VIEW totals AS SELECT 1 AS id; GRANT SELECT ON totals TO PUBLIC;"
    "CREATE FUNCTION f(n int) RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION f FROM PUBLIC;"
    "GRANT EXECUTE ON FUNCTION f TO pg_monitor;"
    "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON FUNCTION g TO pg_monitor;"
    "CREATE TYPE mood AS ENUM ('ok'); REVOKE ALL ON TYPE mood FROM PUBLIC; GRANT USAGE ON TYPE mood TO pg_monitor;"
    "CREATE SCHEMA shop; GRANT USAGE ON SCHEMA shop TO PUBLIC"
)
REMADE = "CREATE TABLE other AS SELECT * FROM own; DROP TABLE notes; CREATE TABLE notes (id int, a text)"
TITLES = "DROP VIEW titles; CREATE VIEW titles AS SELECT 2 AS id"
F = "DROP FUNCTION f(int); CREATE FUNCTION f(m int) RETURNS int LANGUAGE sql AS 'SELECT 2'"


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[Rewritten]:
    """What was granted, and a revision that each test writes anew."""
    with rewritten(tmp_path_factory.mktemp("notes"), postgres_server, Step(NOTES)) as history:
        yield history


def found(history: History) -> list[Finding]:
    return list(PRIVILEGES_KEPT.examine(history, "0002"))


def told(findings: Sequence[Finding]) -> dict[str, str]:
    """The statements of the remedies, by object."""
    return {f"{one.object} {one.kind}": "; ".join(one.remedy.split('op.execute("')[1:]) for one in findings}


@pytest.mark.parametrize(
    ("upgrade", "expected"),
    [
        (
            REMADE,
            {"table public.notes lost": ["SELECT, INSERT ON notes TO pg_monitor", "UPDATE (a) ON notes TO PUBLIC"]},
        ),
        (
            "ALTER TABLE notes RENAME TO old_notes; CREATE TABLE notes (LIKE old_notes)",
            {"table public.notes lost": ["SELECT, INSERT ON notes TO pg_monitor", "UPDATE (a) ON notes TO PUBLIC"]},
        ),
        (
            "ALTER TABLE notes RENAME TO old_notes; CREATE VIEW notes AS SELECT * FROM old_notes",
            {"view public.notes lost": ["SELECT, INSERT ON notes TO pg_monitor", "UPDATE (a) ON notes TO PUBLIC"]},
        ),
        (
            "ALTER TABLE notes DROP a; ALTER TABLE notes ADD a text",
            {"column public.notes.a lost": ["GRANT UPDATE (a) ON notes TO PUBLIC"]},
        ),
        (
            "ALTER TABLE notes DROP n; ALTER TABLE notes ADD n serial",
            {"sequence public.notes_n_seq lost": ["GRANT USAGE ON SEQUENCE notes_n_seq TO PUBLIC"]},
        ),
        (TITLES, {"view public.titles lost": ["GRANT SELECT ON titles TO PUBLIC"]}),
        (
            "DROP MATERIALIZED VIEW totals; CREATE MATERIALIZED VIEW totals AS SELECT 2 AS id",
            {"materialized view public.totals lost": ["GRANT SELECT ON totals TO PUBLIC"]},
        ),
        (
            F,
            {  # PUBLIC may execute what nobody says otherwise of, and so pg_monitor may
                "function public.f(integer) public again": ["REVOKE EXECUTE ON FUNCTION f(integer) FROM PUBLIC"],
            },
        ),
        (
            f"{F}; REVOKE ALL ON FUNCTION f FROM PUBLIC",
            {"function public.f(integer) lost": ["GRANT EXECUTE ON FUNCTION f(integer) TO pg_monitor"]},
        ),
        (
            "DROP TYPE mood; CREATE TYPE mood AS ENUM ('fine')",
            {"type public.mood public again": ["REVOKE USAGE ON TYPE mood FROM PUBLIC"]},
        ),
        (
            "DROP SCHEMA shop; CREATE SCHEMA shop",
            {"schema shop lost": ["GRANT USAGE ON SCHEMA shop TO PUBLIC"]},
        ),
    ],
)
def test_what_is_recreated_without_its_privileges_is_told(
    notes: Rewritten, upgrade: str, expected: dict[str, list[str]]
) -> None:
    said = told(found(notes.only_up(upgrade)))
    assert said.keys() == expected.keys()
    for where, statements in expected.items():
        assert all(one in said[where] for one in statements), said[where]


@pytest.mark.parametrize(
    "upgrade",
    [
        f"{TITLES}; GRANT SELECT ON titles TO PUBLIC",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC; {TITLES}",
        # PUBLIC may do what pg_monitor could, and pg_monitor is one of it.
        f"{REMADE}; GRANT SELECT, INSERT ON notes TO PUBLIC; GRANT UPDATE (a) ON notes TO PUBLIC",
        # What is revoked is meant to go, before it is dropped or afterwards.
        "REVOKE SELECT ON titles FROM PUBLIC",
        f"REVOKE SELECT ON titles FROM PUBLIC; {TITLES}",
        f"{TITLES}; REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC",
        f"{F}; REVOKE ALL ON FUNCTION f FROM PUBLIC; GRANT EXECUTE ON FUNCTION f TO pg_monitor",
        f"{F}; GRANT EXECUTE ON FUNCTION f TO PUBLIC",
        "DROP FUNCTION g(); CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 2'",
        # It is the same object.
        "CREATE OR REPLACE VIEW titles AS SELECT 2 AS id",
        "CREATE OR REPLACE FUNCTION f(n int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "ALTER TABLE notes RENAME TO papers; ALTER TABLE papers RENAME TO notes",
        # Gone for good, or nothing was granted on it.
        "DROP VIEW titles",
        "ALTER TABLE notes DROP a",
        "DROP TABLE own; CREATE TABLE own (id int, a text)",
    ],
)
def test_what_is_granted_again_or_meant_is_not_told(notes: Rewritten, upgrade: str) -> None:
    assert found(notes.only_up(upgrade)) == []


def test_what_only_a_table_takes_is_not_missed_on_the_view_in_its_place(notes: Rewritten) -> None:
    view = "ALTER TABLE logs RENAME TO l; CREATE VIEW logs AS SELECT * FROM l; GRANT SELECT ON logs TO pg_monitor"
    assert found(notes.only_up(view)) == []


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (Step("REVOKE SELECT ON titles FROM PUBLIC"), {"view public.titles not restored": "GRANT SELECT ON titles"}),
        (
            Step("DROP VIEW titles", "CREATE VIEW titles AS SELECT 1 AS id"),
            {"view public.titles not restored": "GRANT SELECT ON titles TO PUBLIC"},
        ),
        (
            Step("GRANT EXECUTE ON FUNCTION f TO PUBLIC"),
            {"function public.f(integer) public not restored": "REVOKE EXECUTE ON FUNCTION f(integer) FROM PUBLIC"},
        ),
        (Step("GRANT SELECT ON own TO pg_monitor"), {"table public.own left": "REVOKE SELECT ON own FROM pg_monitor"}),
        # Lost by the upgrade, and so told of that.
        (Step(TITLES, TITLES), {"view public.titles lost": "GRANT SELECT ON titles TO PUBLIC"}),
        (
            Step(f"{TITLES}; GRANT SELECT ON titles TO PUBLIC", TITLES),
            {"view public.titles not restored": "GRANT SELECT ON titles TO PUBLIC"},
        ),
    ],
)
def test_what_a_downgrade_does_to_privileges_is_told(notes: Rewritten, step: Step, expected: dict[str, str]) -> None:
    said = told(found(notes.to(step)))
    assert said.keys() == expected.keys()
    assert all(statement in said[where] for where, statement in expected.items()), said


@pytest.mark.parametrize(
    "step",
    [
        Step("REVOKE SELECT ON titles FROM PUBLIC", "GRANT SELECT ON titles TO PUBLIC"),
        Step("GRANT SELECT ON own TO pg_monitor", "REVOKE SELECT ON own FROM pg_monitor"),
        Step("DROP VIEW titles", "CREATE VIEW titles AS SELECT 1 AS id; GRANT SELECT ON titles TO PUBLIC"),
        # With nothing granted an ACL may be empty, or what the default is written out.
        Step("GRANT EXECUTE ON FUNCTION g TO pg_monitor", "SELECT 1"),
        Step("REVOKE ALL ON own FROM PUBLIC", "SELECT 1"),
        Step("ALTER TABLE own OWNER TO pg_monitor", "ALTER TABLE own OWNER TO CURRENT_USER"),
        Step("ALTER TABLE own ADD c text; GRANT SELECT (c) ON own TO PUBLIC", "ALTER TABLE own DROP c"),
        Step("CREATE TABLE more (id int); GRANT SELECT ON more TO PUBLIC", "DROP TABLE more"),
    ],
)
def test_a_downgrade_that_restores_privileges_is_sound(notes: Rewritten, step: Step) -> None:
    assert found(notes.to(step)) == []


def test_the_next_revision_is_judged_by_what_it_finds(notes: Rewritten) -> None:
    """A downgrade that takes privileges for good leaves a database in which the next one has none to lose."""
    history = notes.to(Step("SELECT 1", "REVOKE SELECT ON titles FROM PUBLIC"))
    assert [one.kind for one in found(history)] == ["not restored"]
    station = history._climbing._arrive(2)
    assert "titles" in {place.name for place, one in held(station._connection).items() if one.granted}


def test_where_nobody_grants_anything_privileges_are_read_once(
    tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def noting(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*some: Any) -> Any:
            asked.append(name)
            return work(*some)

        return noted

    for name in ("held", "present", "lacking"):
        monkeypatch.setattr(grants, name, noting(name, getattr(grants, name)))
    with open_history(make_project(tmp_path, [table("a"), table("b"), table("c")]), postgres_server) as history:
        assert [one for script in history.revisions for one in PRIVILEGES_KEPT.examine(history, script.revision)] == []
    assert asked == ["held"]


def test_the_schema_that_every_database_has_is_missed_too(tmp_path: Path, postgres_server: Server) -> None:
    up = "ALTER SCHEMA public RENAME TO old; CREATE SCHEMA public; ALTER TABLE old.alembic_version SET SCHEMA public"
    with open_history(make_project(tmp_path, [table("a"), Step(up)]), postgres_server) as history:
        assert told(found(history)).keys() == {"schema public lost"}


def test_an_object_that_the_revision_below_has_made_twice_is_no_other_one(
    tmp_path: Path, postgres_server: Server
) -> None:
    """It is up, down and up again before the next revision runs: its oid is that of the second upgrade."""
    view = Step("CREATE VIEW titles AS SELECT 1 AS id; GRANT SELECT ON titles TO PUBLIC", "DROP VIEW titles")
    hidden = "DO $do$ BEGIN EXECUTE concat('RE', 'VOKE SELECT ON titles FROM PUBLIC'); END $do$"
    steps = [view, Step(hidden, "GRANT SELECT ON titles TO PUBLIC"), table("a"), Step("GRANT SELECT ON a TO PUBLIC")]
    with open_history(make_project(tmp_path, steps), postgres_server) as history:
        findings = [one for script in history.revisions for one in PRIVILEGES_KEPT.examine(history, script.revision)]
    assert [(one.revision, one.kind) for one in findings] == [("0004", "left")]
