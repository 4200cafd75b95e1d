"""Why an upgrade fails after its downgrade: what is left is blamed where the error names it, and nothing else is."""

from pathlib import Path

import pytest

from schemaproof.finding import Finding
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.downgrade.checks import DOWNGRADE_RESTORES, UPGRADE_AFTER_DOWNGRADE
from schemaproof.report.causes import told_once
from tests.schemaproof.projects import Step, make_project

USERS = Step("""
CREATE TABLE users (id int PRIMARY KEY, external boolean NOT NULL DEFAULT false);
CREATE TABLE members (club int NOT NULL, number int NOT NULL);
CREATE TABLE settings (key text PRIMARY KEY, value text);
CREATE TYPE mood AS ENUM ('sad')
""")


def told(folder: Path, server: Server, up: str, down: str) -> list[Finding]:
    """What the report says of a revision whose upgrade and downgrade are these."""
    with open_history(make_project(folder, [USERS, Step(up, down)]), server) as history:
        checks = DOWNGRADE_RESTORES, UPGRADE_AFTER_DOWNGRADE
        return told_once([finding for check in checks for finding in check.examine(history, "0002")])


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("CREATE TYPE color AS ENUM ('red')", "SELECT 1"),
        ("ALTER TABLE users ADD name text", "COMMENT ON TABLE users IS 'left'"),
        ("CREATE INDEX by_value ON settings (value)", "SELECT 1"),
        ("ALTER TABLE members ADD PRIMARY KEY (club, number)", "SELECT 1"),
        ("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'", "SELECT 1"),
        ("ALTER TABLE settings RENAME TO options", "SELECT 1"),
        ("ALTER TYPE mood ADD VALUE 'glad'", "SELECT 1"),
        ("CREATE TABLE IF NOT EXISTS kinds (id int PRIMARY KEY); INSERT INTO kinds VALUES (1)", "SELECT 1"),
    ],
)
def test_failure_is_told_with_the_object_that_its_error_names(
    tmp_path: Path, own_server: Server, up: str, down: str
) -> None:
    # Beside it a default is changed, which is in nobody's way.
    found = told(tmp_path, own_server, up, f"{down}; ALTER TABLE users ALTER external SET DEFAULT true")

    (blamed,) = [one for one in found if "The upgrade can't be run again" in one.evidence]
    assert (blamed.check, "external" in str(blamed.object)) == (DOWNGRADE_RESTORES.id, False)
    assert not [one for one in found if one.check == UPGRADE_AFTER_DOWNGRADE.id]


@pytest.mark.parametrize(
    "left",
    [
        "ALTER TABLE users ALTER external SET DEFAULT true",
        "ALTER TABLE settings ALTER value SET DEFAULT 'none'",
        "COMMENT ON TABLE settings IS 'left'",
        "CREATE INDEX left_behind ON settings (value)",
    ],
)
def test_failure_over_a_row_is_a_finding_of_its_own(tmp_path: Path, own_server: Server, left: str) -> None:
    found = told(tmp_path, own_server, "INSERT INTO settings (key, value) VALUES ('theme', 'dark')", left)

    assert [one.check for one in found] == [DOWNGRADE_RESTORES.id, UPGRADE_AFTER_DOWNGRADE.id]
    assert "can't be run again" not in found[0].evidence
    assert "settings_pkey" in found[1].evidence
