"""One call to head from earlier revisions, in a history that is too long to begin at each of them."""

from pathlib import Path

import pytest

from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.upgrade import calls
from schemaproof.proofs.upgrade.checks import UPGRADE_IN_ONE_CALL
from tests.schemaproof.projects import Step, make_project, table


def test_every_revision_is_a_start_of_a_short_history() -> None:
    assert calls.starts(5, every=True) == [1, 2, 3]
    assert calls.starts(2, every=True) == []


@pytest.mark.parametrize("count", [17, 60, 500])
def test_starts_of_a_long_history_are_few_and_anywhere(count: int) -> None:
    found = calls.starts(count, every=True)
    assert len(found) <= 2 * count.bit_length()
    assert min(found) <= count // 4
    assert max(found) == count - 2


@pytest.mark.parametrize("count", [17, 18, 60])
def test_any_two_neighbours_are_applied_in_one_call_that_begins_with_them(count: int) -> None:
    begun = {start for offset in range(3) for start, stop in calls._bounds(count, offset) if stop - start > 1}
    assert begun >= set(range(count - 1)) - {0}


ADDS, USES = "ALTER TYPE mood ADD VALUE 'happy'", "CREATE TABLE p (m mood DEFAULT 'happy')"
LEAKS = Step("CREATE SCHEMA x; SET search_path TO x, public", "DROP SCHEMA x CASCADE")


def parted(tmp_path: Path, server: Server, at: int, *steps: Step, count: int = 20) -> tuple[int, int, bool] | None:
    """Start and stop of the first parting, and whether it fails, where ``steps`` begin at ``at`` of ``count``."""
    others = [table(f"t{number}") for number in range(count - len(steps))]
    with open_history(make_project(tmp_path, [*others[:at], *steps, *others[at:]]), server) as history:
        found = calls.first_parting(history, commits_each=False)
    return None if found is None else (found.start, found.stop, found.run is not None)


def test_neighbours_that_cannot_go_together_are_found_where_no_start_is(
    tmp_path: Path, postgres_server: Server
) -> None:
    at = next(at for at in range(1, 20) if at + 1 not in calls.starts(20, every=True))
    steps = [Step("CREATE TYPE mood AS ENUM ('sad')"), Step(ADDS), Step(USES)]
    assert parted(tmp_path, postgres_server, at, *steps) == (at + 1, at + 3, True)


def test_revisions_that_are_far_apart_are_found_from_a_start_between(tmp_path: Path, postgres_server: Server) -> None:
    between = [table(f"b{number}") for number in range(8)]
    steps = [Step("CREATE TYPE mood AS ENUM ('sad')"), *between, Step(ADDS), *between[:0], table("c"), Step(USES)]
    assert parted(tmp_path, postgres_server, 2, *steps) == (11, 14, True)


def test_revision_that_needs_what_the_session_was_left_fails_by_itself(tmp_path: Path, postgres_server: Server) -> None:
    """Also where no single step was made: a long history is climbed in stretches, each from one call's database."""
    tables = [table(f"t{number}") for number in range(18)]
    leaves, needs = Step("SET harness.told = '1'"), Step("SELECT 1 / current_setting('harness.told')::int")
    steps = [*tables[:4], leaves, *tables[4:9], needs, *tables[9:]]
    with open_history(make_project(tmp_path, steps), postgres_server) as history:
        history.in_one_call.note_steps(20, history.head_catalog())  # as the highest stretch does
        (finding,) = UPGRADE_IN_ONE_CALL.examine(history)
    assert (finding.revision, finding.kind) == ("0011", "passes in one call")
    assert finding.message.startswith("The upgrade to 0011 by itself fails; ")


def test_revisions_that_go_together_part_nowhere(tmp_path: Path, postgres_server: Server) -> None:
    assert parted(tmp_path, postgres_server, 3) is None
