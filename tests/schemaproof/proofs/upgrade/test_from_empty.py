"""What to do about an upgrade that fails on an empty database."""

from pathlib import Path

import pytest

from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.upgrade.checks import UPGRADE_FROM_EMPTY
from tests.schemaproof.projects import Step, make_project, table

EMPTY = Step("SELECT 1")
CHANGES = Step("ALTER TABLE users ADD COLUMN name text")


@pytest.mark.parametrize("below", [[], [EMPTY], [EMPTY, Step("CREATE TYPE mood AS ENUM ('ok')", "DROP TYPE mood")]])
def test_history_that_goes_on_from_what_was_made_another_way_is_told_so(
    below: list[Step], tmp_path: Path, postgres_server: Server
) -> None:
    with open_history(make_project(tmp_path, [*below, CHANGES]), postgres_server) as history:
        (found,) = UPGRADE_FROM_EMPTY.examine(history, history.revisions[-1].revision)
    assert found.remedy.startswith("No revision before this one creates a table.")
    assert 'prepare-sql = "schema.sql"' in found.remedy


@pytest.mark.parametrize("steps", [[table("t"), CHANGES], [EMPTY, Step("SELECT no_such_column")]])
def test_other_errors_are_the_revisions_own(steps: list[Step], tmp_path: Path, postgres_server: Server) -> None:
    with open_history(make_project(tmp_path, steps), postgres_server) as history:
        (found,) = UPGRADE_FROM_EMPTY.examine(history, "0002")
    assert found.remedy == UPGRADE_FROM_EMPTY.remedy
