"""A downgrade without effect: what it does is told as it is."""

from pathlib import Path

import pytest

from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.downgrade.checks import DOWNGRADE_MISSING
from tests.schemaproof.projects import Step, make_project

BOTH = "ALTER TABLE stamps ALTER made TYPE timestamptz"
FIRST = Step("CREATE TABLE stamps (made timestamp, seen timestamp)", "DROP TABLE stamps")


@pytest.mark.parametrize(
    ("up", "down", "told"),
    [
        pytest.param(
            "ALTER TABLE stamps ALTER made TYPE timestamptz, ALTER seen TYPE timestamptz",
            "ALTER TABLE stamps ALTER made TYPE timestamp with time zone",
            ("The downgrade of 0002 does not change the schema: its statement changes nothing there.", "Correct "),
            id="same-type",
        ),
        pytest.param(
            BOTH,
            "ALTER TABLE stamps ALTER made DROP DEFAULT'); op.execute('SET lock_timeout = 0",
            (
                "The downgrade of 0002 does not change the schema: its 2 statements change nothing there.",
                "Write in downgrade(): `op.execute(",
            ),
            id="one-object",
        ),
        pytest.param(
            BOTH,
            "SELECT 1'); op.execute('SHOW TimeZone",
            ("The downgrade of 0002 does nothing.", "Write in downgrade(): `op.execute("),
            id="reads",
        ),
        pytest.param(
            BOTH, None, ("The downgrade of 0002 does nothing.", "Write in downgrade(): `op.execute("), id="empty"
        ),
    ],
)
def test_downgrade_without_effect_is_not_told_for_an_empty_one(
    tmp_path: Path, own_server: Server, up: str, down: str | None, told: tuple[str, str]
) -> None:
    subject = make_project(tmp_path, [FIRST, Step(up, "DOWN")])
    path = tmp_path / "migrations" / "versions" / "0002.py"
    path.write_text(path.read_text().replace("op.execute('DOWN')", "pass" if down is None else f"op.execute('{down}')"))

    with open_history(subject, own_server) as history:
        (finding,) = DOWNGRADE_MISSING.examine(history, "0002")

    message, remedy = told
    assert finding.message == message
    assert finding.remedy.startswith(remedy)
