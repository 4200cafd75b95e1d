"""Two histories as projects have them: sound without a false alarm, and which slips in them no check sees.

The mutations are chosen by the form of the statements alone (shapes/operators.py), so that the table says what is
missed, too. Most of what is missed writes other values than were meant, in a statement that says so itself.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from schemaproof.check import Check
from schemaproof.finding import Finding
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.data.checks import CHECKS
from tests.schemaproof.proofs.data.shapes import saas, shop
from tests.schemaproof.proofs.data.shapes.lanes import Lane, Move, changed, together, written
from tests.schemaproof.proofs.data.shapes.operators import mutations

# Forty revisions twice, and a history of its own for each mutation.
pytestmark = pytest.mark.soundness

SHAPES = {"saas": saas, "shop": shop}
DRIVERS = {"saas": "asyncpg", "shop": "psycopg"}
BASES = {"saas": (saas.TENANTS,), "shop": (shop.CATALOG, shop.BUYERS)}

UPGRADES = [one for one in CHECKS if not one.id.startswith("downgrade")]  # what is mutated is upgrades

# By lane: the revision, the statement's place in it, and the operator.
UPDATE_OF_ALL = "where_dropped"  # an UPDATE sets all rows: a statement names the column, and may mean it
# Those that no check sees.
MISSED = {
    "tenants": {(2, 1, "left_join_inner")},  # rows of a new table are missing, and none of an old one is lost
    "files": {(1, 0, "using_removed"), (2, 1, UPDATE_OF_ALL)},  # json is cast to jsonb anyway; a new column's default
    "hooks": {(2, 1, "labels_swapped")},  # of a new column: nothing says what it should hold
    "keys": {(3, 1, UPDATE_OF_ALL)},  # what it overwrites is a new column's default, in this and those below
    "catalog": {(1, 1, "using_removed"), (1, 2, UPDATE_OF_ALL)},  # the new value is made of the old one
    "buyers": {(1, 1, "columns_swapped"), (3, 1, UPDATE_OF_ALL)},
    "orders": {(1, 2, "labels_swapped")},
    "stock": {(2, 2, UPDATE_OF_ALL)},
    "reviews": {(1, 1, "left_join_inner")},
    "pages": {(2, 1, UPDATE_OF_ALL), (2, 2, "distinct_from_unequal")},
    "counts": {(1, 1, "left_join_inner"), (2, 1, UPDATE_OF_ALL)},
}
# Those that a note tells, of values that are overwritten or dropped.
NOTED = {
    "users": {(3, 1, UPDATE_OF_ALL)},
    "teams": {(2, 0, UPDATE_OF_ALL)},
    "files": {(2, 2, UPDATE_OF_ALL)},
    "chats": {(2, 1, UPDATE_OF_ALL)},
    "catalog": {(3, 1, UPDATE_OF_ALL)},
    "buyers": {(3, 2, "rename_as_drop_and_add")},  # of another type
    "reviews": {(2, 0, UPDATE_OF_ALL)},
    "counts": {(3, 0, UPDATE_OF_ALL)},
    "numbers": {(3, 0, "rename_as_drop_and_add")},
    "letters": {(2, 2, UPDATE_OF_ALL)},
}


def found(
    folder: Path, server: Server, shape: str, revisions: Sequence[tuple[str, Move]], checks: Sequence[Check] = CHECKS
) -> list[Finding] | None:
    """What the ``checks`` tell; None where the history can't even be climbed on empty tables."""
    with open_history(written(folder, revisions, DRIVERS[shape]), server) as history:
        seen: list[Finding] = []
        for script in history.revisions:
            if history.stairs(script.revision).up.error is not None:
                return None
            for check in checks:
                seen += check.examine(history, script.revision)
        return seen


def noted(findings: Sequence[Finding]) -> set[tuple[str, str, str | None]]:
    """The notes: check, kind and object of each."""
    return {(one.check, one.kind, one.object) for one in findings if not one.faulty}


@pytest.mark.parametrize("shape", SHAPES)
def test_sound_history_raises_no_alarm(tmp_path: Path, postgres_server: Server, shape: str) -> None:
    module = SHAPES[shape]
    seen = found(tmp_path, postgres_server, shape, together([module.SCHEMA], module.LANES))
    assert seen is not None
    assert [one for one in seen if one.faulty] == []


def lanes() -> Iterator[tuple[str, Lane]]:
    for shape, module in SHAPES.items():
        yield from ((shape, lane) for lane in module.LANES)


@pytest.mark.parametrize(("shape", "lane"), [*lanes()], ids=lambda one: one if isinstance(one, str) else one.name)
def test_mutations_are_seen_but_for_those_that_are_known(
    tmp_path: Path, postgres_server: Server, shape: str, lane: Lane
) -> None:
    """Each by itself, in the lane's revisions above those that make the tables that it refers to."""
    firsts = [Lane(one.name, one.moves[0]) for one in BASES[shape] if one.name != lane.name]
    sound = together([SHAPES[shape].SCHEMA], [*firsts, lane])
    usual = noted(found(tmp_path / "sound", postgres_server, shape, sound, UPGRADES) or [])
    missed: set[tuple[int, int, str]] = set()
    as_note: set[tuple[int, int, str]] = set()
    for number, place, operator, text in mutations(lane):
        if operator.__name__ == "statement_left_out":
            continue  # what nobody has written nothing can tell, unless a later statement relies on it
        name = f"{number}_{place}_{operator.__name__}"
        revisions = together([SHAPES[shape].SCHEMA], [*firsts, changed(lane, number, place, text)])
        seen = found(tmp_path / name, postgres_server, shape, revisions, UPGRADES)
        if seen is None or any(one.faulty for one in seen):
            continue
        (as_note if noted(seen) - usual else missed).add((number, place, operator.__name__))
    assert (missed, as_note) == (MISSED.get(lane.name, set()), NOTED.get(lane.name, set()))
