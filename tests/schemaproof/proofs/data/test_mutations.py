"""Forty sound revisions, without a false alarm, and one mutation of each: which check sees it, and which none does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemaproof.finding import Finding
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.data.checks import CHECKS
from tests.schemaproof.projects import Step, make_project
from tests.schemaproof.proofs.data.mutations import CASES, GONE, SETUP

# Forty revisions twice: what each check sees and does not see, the examples say in every run.
pytestmark = pytest.mark.soundness


def steps_of(number: int, *, mutated: bool) -> Iterator[Step]:
    case, names = CASES[number], {"t": f"t{number}", "p": f"p{number}"}

    def filled(text: str) -> str:
        return text.replace("{t}", names["t"]).replace("{p}", names["p"])

    yield Step(filled(SETUP), filled(GONE))
    ups = (case.mutated if mutated else case.sound).split("|")
    for up, down in zip(ups, case.down.split("|"), strict=True):
        yield Step(filled(up), filled(down))


def found(folder: Path, server: Server, numbers: range, *, mutated: bool) -> dict[int, list[Finding]]:
    """The errors and warnings of each case's revisions, all cases in one history."""
    steps, owners = [], {}
    for number in numbers:
        for step in steps_of(number, mutated=mutated):
            steps.append(step)
            owners[f"{len(steps):04}"] = number
    result: dict[int, list[Finding]] = {number: [] for number in numbers}
    with open_history(make_project(folder, steps), server) as history:
        for script in history.revisions:
            for check in CHECKS:
                told = check.examine(history, script.revision)
                result[owners[script.revision]] += [one for one in told if one.faulty]
    return result


@pytest.mark.parametrize("part", range(4))
def test_sound_revisions_raise_no_alarm(tmp_path: Path, postgres_server: Server, part: int) -> None:
    numbers = range(part * 10, part * 10 + 10)
    assert {
        number: said for number, said in found(tmp_path, postgres_server, numbers, mutated=False).items() if said
    } == {}


@pytest.mark.parametrize("part", range(4))
def test_mutation_is_seen_by_its_check(tmp_path: Path, postgres_server: Server, part: int) -> None:
    """A statement that sets another value than was meant says so itself: nothing tells it from one that is meant."""
    numbers = range(part * 10, part * 10 + 10)
    seen = {
        n: {one.check for one in said} for n, said in found(tmp_path, postgres_server, numbers, mutated=True).items()
    }
    assert {
        number: CASES[number].check for number in numbers if CASES[number].check not in (seen[number] or {""})
    } == {}


def test_most_mutations_are_seen() -> None:
    assert len(CASES) == 40
    assert sum(bool(case.check) for case in CASES) >= 36
