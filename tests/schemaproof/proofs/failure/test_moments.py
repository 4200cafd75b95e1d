"""What is fixed at the time of the migration is another in each run, and nothing that a failure left (case b27)."""

from pathlib import Path

import pytest

from tests.schemaproof.projects import Step, table
from tests.schemaproof.proofs.failure.conftest import Open, ProofOf
from tests.schemaproof.proofs.failure.test_proof import told

FROZEN = Step("ALTER TABLE t ADD at timestamptz DEFAULT 'now()' NOT NULL", "ALTER TABLE t DROP at")
THAWED = Step("ALTER TABLE t DROP at", FROZEN.up)
NAMED = """
import secrets
op.execute(f"CREATE TABLE kept_{secrets.token_hex(4)} AS SELECT * FROM t")
"""


pytestmark = pytest.mark.usefixtures("few_faults")


def test_default_that_is_fixed_by_the_run_is_no_trace_of_a_failure(open_: Open, proof_of: ProofOf) -> None:
    """The upgrade of one revision fixes it, and the downgrade of the next."""
    history = open_(table("t"), FROZEN, THAWED)
    found = proof_of(history)
    for revision in ("0002", "0003"):
        history.stairs(revision)
        assert told(found.examine(revision)) == []
        assert history.unstable


def test_name_that_is_drawn_in_each_run_is_no_trace_of_a_failure(open_: Open, proof_of: ProofOf) -> None:
    history = open_(table("t"), NAMED)
    assert told(proof_of(history).examine("0002", downgrade=False)) == []


def test_revision_that_remembers_a_failure_is_told(open_: Open, proof_of: ProofOf, tmp_path: Path) -> None:
    """It leads elsewhere in the same way each time: that is no matter of the moment."""
    mark = tmp_path / "tried"
    code = f"""
import pathlib
mark = pathlib.Path({str(mark)!r})
op.execute("ALTER TABLE t ADD later int" if mark.exists() else "ALTER TABLE t ADD first int")
mark.touch()
"""
    history = open_(table("t"), code)
    examined = proof_of(history).examine("0002", downgrade=False)
    assert any("later" in one for one in told(examined))
