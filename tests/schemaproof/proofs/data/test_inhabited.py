"""Upgrades on tables that hold rows: which are refused, and how badly."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemaproof.figure import Grid
from schemaproof.finding import Severity
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.project.subject import Subject
from schemaproof.proofs.data.checks import UPGRADE_WITH_ROWS
from schemaproof.proofs.data.downgrades import DOWNGRADE_WITH_ROWS
from schemaproof.proofs.data.inhabited import Inhabited, Refused
from tests.schemaproof.projects import Step, make_project, table
from tests.schemaproof.proofs.locks.projects import python_project
from tests.schemaproof.rewritten import Rewritten, rewritten

USERS = Step("CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL)", "DROP TABLE users")
KINDS = "CREATE TABLE kinds (id serial PRIMARY KEY, name text NOT NULL); ALTER TABLE users ADD kind_id int"
BACKFILL = "UPDATE users SET kind_id = k.id FROM kinds k WHERE k.name = 'kind of ' || users.name"


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[Rewritten]:
    """The table, and a revision that each test writes anew."""
    with rewritten(tmp_path_factory.mktemp("users"), postgres_server, USERS) as history:
        yield history


def refused(tmp_path: Path, server: Server, *steps: Step) -> dict[str, Refused]:
    """What each revision refuses that refuses anything."""
    with open_history(make_project(tmp_path, steps), server) as history:
        inhabited = history.kept(Inhabited)
        found = {script.revision: inhabited.examine(index) for index, script in enumerate(history.revisions)}
    return {revision: one for revision, one in found.items() if one is not None}


# More that some rows are refused by, duplicates among them, are in test_counting.py.
@pytest.mark.parametrize(
    ("statement", "any_row"),
    [
        ("ALTER TABLE users ADD mail text NOT NULL", True),
        ("ALTER TABLE users ALTER name TYPE int USING name::int", False),  # the values may all be numbers
        (f"{KINDS}; {BACKFILL}; ALTER TABLE users ALTER kind_id SET NOT NULL", False),  # there may be such a kind
        ("ALTER TABLE users ADD CHECK (name <> '' AND name ~ '^[A-Z]')", False),
    ],
)
def test_refusal_of_any_row_is_told_from_one_of_some(users: Rewritten, statement: str, *, any_row: bool) -> None:
    found = users.only_up(statement).kept(Inhabited).examine(1)
    assert found is not None
    assert found.any_row is any_row


def test_rows_of_an_early_revision_meet_all_later_ones(tmp_path: Path, postgres_server: Server) -> None:
    """What 0003 makes of a row that was there before 0002 is NULL."""
    steps = [
        USERS,
        Step("ALTER TABLE users ADD mail text"),
        table("t"),
        Step("ALTER TABLE users ALTER mail SET NOT NULL"),
    ]
    found = refused(tmp_path, postgres_server, *steps)
    assert list(found) == ["0004"]
    assert found["0004"].tables == (("public", "users"),)
    heading, grid = found["0004"].rows
    assert heading == "public.users holds:"
    assert isinstance(grid, Grid)
    assert grid.head == ("id", "mail", "name")  # what 0004 changes comes first


def in_python(folder: Path, *lines: str) -> Subject:
    """A project of the tables users and t, and of a revision whose upgrade() is ``lines``."""
    subject = make_project(folder, [USERS, table("t"), Step("UP")])
    path = folder / "migrations" / "versions" / "0003.py"
    path.write_text(path.read_text().replace("op.execute('UP')", "\n    ".join(lines)))
    return subject


def test_rows_that_python_fails_on_are_those_of_a_table_that_it_reads(tmp_path: Path, postgres_server: Server) -> None:
    """The revision changes no table, and no statement fails."""
    subject = in_python(
        tmp_path,
        "names = op.get_bind().exec_driver_sql('SELECT name FROM users').scalars().all()",
        "numbers = [int(name) for name in names]",
    )
    with open_history(subject, postgres_server) as history:
        (finding,) = UPGRADE_WITH_ROWS.examine(history, "0003")
    assert finding.object == "table public.users"
    assert "public.users holds:" in finding.evidence
    assert finding.remedy.endswith("Rows affected in production, at most: `SELECT count(*) FROM users`.")


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("op.get_bind().execute(sa.select([sa.text(name)]))", Severity.ERROR),
        ("name.mail = sa.column_of(name)", Severity.ERROR),
        ("shout(name)", Severity.ERROR),
        ("{'text 1': ''}[name]", Severity.WARNING),  # there may be no other names
        ("int(name)", Severity.WARNING),
        ("json.loads('{}')[name].append(name)", Severity.WARNING),
    ],
)
def test_code_that_cannot_run_fails_on_any_row(
    tmp_path: Path, postgres_server: Server, line: str, severity: Severity
) -> None:
    """What it fails on may be in the values, where it is not the code."""
    subject = in_python(
        tmp_path,
        "import json",
        "import sqlalchemy as sa",
        "for (name,) in op.get_bind().exec_driver_sql('SELECT name FROM users').all():",
        f"    {line}",
    )
    with open_history(subject, postgres_server) as history:
        (finding,) = UPGRADE_WITH_ROWS.examine(history, "0003")
    assert finding.severity is severity
    assert ("Fix the code at migrations/versions/0003.py:12: " in finding.remedy) is (severity is Severity.ERROR)


@pytest.mark.parametrize(
    ("down", "told"),
    [
        ("ALTER TABLE users ADD x int NOT NULL", "fails as soon as public.users holds a row."),
        ("ALTER TABLE users ADD CHECK (name = '')", "that the schema after the upgrade allows."),
        ("ALTER TABLE users ALTER name SET NOT NULL", "upgrade allows: NULL wherever it may be."),
    ],
)
def test_null_is_blamed_for_a_downgrade_that_passes_on_ordinary_rows(users: Rewritten, down: str, told: str) -> None:
    """The rows that came up have NULL too, whatever is added to them."""
    step = Step("ALTER TABLE users ALTER name DROP NOT NULL", down)
    (finding,) = DOWNGRADE_WITH_ROWS.examine(users.to(step), "0002")
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith(told)


def test_rows_affected_are_not_counted_in_a_table_that_is_not_known(tmp_path: Path, postgres_server: Server) -> None:
    """It takes rows in both."""
    subject = in_python(
        tmp_path,
        "pairs = op.get_bind().exec_driver_sql('SELECT name FROM users, t').scalars().all()",
        "numbers = [int(name) for name in pairs]",
    )
    with open_history(subject, postgres_server) as history:
        (finding,) = UPGRADE_WITH_ROWS.examine(history, "0003")
    assert finding.object is None
    assert finding.remedy == UPGRADE_WITH_ROWS.remedy


def test_revisions_after_one_that_is_refused_meet_the_rows_of_other_tables_and_new_ones(
    tmp_path: Path, postgres_server: Server
) -> None:
    """What 0003 has filled 0005 may rely on, whatever 0004 refuses; and the table that 0006 makes gets rows too."""
    steps = [
        USERS,
        table("t"),
        Step("ALTER TABLE t ADD x text; UPDATE t SET x = 'x'"),
        Step("ALTER TABLE users ADD a int NOT NULL"),
        Step("ALTER TABLE t ALTER x SET NOT NULL"),
        table("u"),
        Step("ALTER TABLE u ADD b int NOT NULL"),
    ]
    assert list(refused(tmp_path, postgres_server, *steps)) == ["0004", "0007"]


def test_upgrade_that_passes_on_rows_refuses_nothing(users: Rewritten) -> None:
    passes = "ALTER TABLE users ADD mail text NOT NULL DEFAULT ''; CREATE INDEX ON users (mail)"
    assert users.only_up(passes).kept(Inhabited).examine(1) is None


BACKFILLED = (
    USERS,
    Step("ALTER TABLE users ADD mail text", "ALTER TABLE users DROP mail"),
    Step("UPDATE users SET mail = name"),
    Step("ALTER TABLE users ALTER mail SET NOT NULL", "ALTER TABLE users ALTER mail DROP NOT NULL"),
)


def test_rows_made_late_are_not_refused_for_what_earlier_revisions_fill(
    tmp_path: Path, postgres_server: Server
) -> None:
    """Where several processes climb, rows of one are made in the middle of the history: they know no backfill."""
    with open_history(make_project(tmp_path, BACKFILLED), postgres_server) as history:
        assert history.kept(Inhabited).examine(3) is None


def test_upgrade_that_only_creates_objects_is_run_once(tmp_path: Path, postgres_server: Server) -> None:
    steps = [USERS, table("t"), Step("CREATE INDEX users_name ON users (name)", "DROP INDEX users_name")]
    with open_history(make_project(tmp_path, steps), postgres_server) as history:
        assert [history.kept(Inhabited).experiment(index) for index in range(3)] == [None] * 3


def test_clock_and_chance_are_known_from_a_second_run(users: Rewritten) -> None:
    sets = "ALTER TABLE users ADD token text, ADD kind text; UPDATE users SET token = random(), kind = 'a'"
    experiment = users.only_up(sets).kept(Inhabited).experiment(1)
    assert experiment is not None
    [table] = experiment.after.tables.values()
    assert {name: experiment.by_chance(table, table.rows[0], name) for name in ("token", "kind", "name")} == {
        "token": True,
        "kind": False,
        "name": False,
    }


def test_rows_at_fault_are_those_of_the_table_that_is_converted(tmp_path: Path, postgres_server: Server) -> None:
    """Not those of a child that is converted after it: wherever it has rows, its parents have some too."""
    tables = (
        "CREATE TABLE runs (id text PRIMARY KEY);"
        " CREATE TABLE actions (n int PRIMARY KEY, run text CONSTRAINT of_run REFERENCES runs)"
    )
    convert = [
        "ALTER TABLE actions DROP CONSTRAINT of_run",
        "ALTER TABLE runs ALTER id TYPE uuid USING id::uuid",
        "ALTER TABLE actions ALTER run TYPE uuid USING run::uuid",
    ]
    subject = python_project(
        tmp_path,
        "\n".join(f"op.execute({one!r})" for one in convert),
        before=[Step(tables, "DROP TABLE actions, runs")],
    )
    with open_history(subject, postgres_server) as history:
        inhabited = history.kept(Inhabited)
        found = [inhabited.examine(index) for index, _ in enumerate(history.revisions)][1]
    assert found is not None
    assert found.tables == (("public", "runs"),)
