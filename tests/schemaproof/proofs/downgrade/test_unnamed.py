"""A downgrade that drops a constraint without a name is told the name that the upgrade's has."""

from pathlib import Path

import pytest

from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.downgrade.checks import DOWNGRADE_RUNS
from tests.schemaproof.projects import Step, make_project

FIRST = Step(
    'CREATE SCHEMA app; CREATE TABLE teams (id int PRIMARY KEY); CREATE TABLE users (id int, "Team" int);'
    " CREATE TABLE app.users (id int, team int)",
    "DROP TABLE app.users, users, teams; DROP SCHEMA app",
)
KEY = 'ALTER TABLE users ADD FOREIGN KEY ("Team") REFERENCES teams'
NAMED = {
    "foreign key": (
        KEY,
        'drop_constraint(None, "users", type_="foreignkey")',
        'op.drop_constraint(op.f("users_Team_fkey"), "users", type_="foreignkey")',
    ),
    "kind left out": (
        KEY,
        'drop_constraint(None, "users")',
        'op.drop_constraint(op.f("users_Team_fkey"), "users", type_="foreignkey")',
    ),
    "one of each kind": (
        f'{KEY}, ADD UNIQUE ("Team")',
        'drop_constraint(None, "users", type_="unique")',
        'op.drop_constraint(op.f("users_Team_key"), "users", type_="unique")',
    ),
    "schema": (
        "ALTER TABLE app.users ADD CHECK (team > 0)",
        'drop_constraint(None, "users", type_="check", schema="app")',
        'op.drop_constraint(op.f("users_team_check"), "users", type_="check", schema="app")',
    ),
}
NOT_KNOWN = {
    "two that fit": (
        f'{KEY}, ADD FOREIGN KEY ("Team") REFERENCES teams',
        'drop_constraint(None, "users", "foreignkey")',
    ),
    "one of another kind": (KEY, 'drop_constraint(None, "users", type_="unique")'),
    "another error": (KEY, 'drop_constraint("users_key", "users", type_="foreignkey")'),
}


def remedy(folder: Path, server: Server, up: str, call: str) -> str:
    """What downgrade-runs says to do about a downgrade that makes this call of ``op``."""
    subject = make_project(folder, [FIRST, Step(up, "DOWN")])
    path = folder / "migrations" / "versions" / "0002.py"
    path.write_text(path.read_text().replace("op.execute('DOWN')", f"op.{call}"))
    with open_history(subject, server) as history:
        (finding,) = DOWNGRADE_RUNS.examine(history, "0002")
    return finding.remedy


@pytest.mark.parametrize(("up", "call", "line"), NAMED.values(), ids=NAMED)
def test_remedy_is_the_call_with_the_name(tmp_path: Path, own_server: Server, up: str, call: str, line: str) -> None:
    told = remedy(tmp_path, own_server, up, call)

    assert told == f"Drop the constraint by the name that it has after the upgrade: `{line}`."


@pytest.mark.parametrize(("up", "call"), NOT_KNOWN.values(), ids=NOT_KNOWN)
def test_remedy_names_none_where_it_is_not_known_which(tmp_path: Path, own_server: Server, up: str, call: str) -> None:
    assert remedy(tmp_path, own_server, up, call) == DOWNGRADE_RUNS.remedy
