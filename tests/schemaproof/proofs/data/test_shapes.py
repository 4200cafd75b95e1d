"""Three histories as projects have them: sound without a false alarm, and which slips in them no check sees.

The mutations are chosen by the form of the statements alone (shapes/operators.py), so that the table says what is
missed, too: shapes/outcomes.py.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from schemaproof.check import Check
from schemaproof.finding import Finding
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.project.settings import Settings
from schemaproof.proofs.data.checks import CHECKS as OF_ROWS
from schemaproof.proofs.data.inhabited import Inhabited
from schemaproof.proofs.downgrade.checks import CHECKS as OF_DOWNGRADES
from schemaproof.proofs.registry import CHECKS
from schemaproof.run.verify import verify
from tests.schemaproof.proofs.data.shapes import saas, shop, works
from tests.schemaproof.proofs.data.shapes.lanes import Lane, Move, changed, together, written
from tests.schemaproof.proofs.data.shapes.operators import mutations, using_removed
from tests.schemaproof.proofs.data.shapes.outcomes import EMPTY, KINDS, MISSED, NOTE, OUTCOMES, SAME, TABLE, TO_COME

# Forty revisions three times, and a history of its own for each mutation.
soundness = pytest.mark.soundness

SHAPES: dict[str, Any] = {"saas": saas, "shop": shop, "works": works}
ASKED = [*OF_ROWS, *(check for check in OF_DOWNGRADES if check.scope == "revision")]
# What settings may change is casts: the other mutations are not asked what each session makes of them.
LESS = [check for check in ASKED if check.id != "session-independent"]

TABLES = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname IN ('public', 'app')
    AND c.relname <> 'alembic_version'
"""
PARTITIONS = "SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r'"


class Silence:
    def stage(self, text: str, total: int) -> None:
        """Nothing."""

    def step(self, text: str, done: int, share: float | None = None) -> None:
        """Nothing."""

    def now(self, text: str) -> None:
        """Nothing."""


def revisions_of(shape: str) -> list[tuple[str, Move]]:
    return together([SHAPES[shape].SCHEMA], SHAPES[shape].LANES)


def statements_of(shape: str) -> list[str]:
    return [statement for _, move in revisions_of(shape) for statement in move.up]


@pytest.mark.parametrize("shape", SHAPES)
def test_shape_has_forty_revisions_with_backfills_and_an_enum_in_place_of_texts(shape: str) -> None:
    statements = statements_of(shape)
    assert len(revisions_of(shape)) >= 40
    assert sum(one.startswith(("UPDATE", "INSERT")) for one in statements) >= 10
    assert any(re.search(r"TYPE \S+ USING \(CASE .* END\)::", one) for one in statements)


@soundness
@pytest.mark.parametrize("shape", SHAPES)
def test_shape_has_thirty_tables_and_partitions_at_its_head(
    tmp_path: Path, postgres_server: Server, shape: str
) -> None:
    with (
        open_history(written(tmp_path, revisions_of(shape), SHAPES[shape].DRIVER), postgres_server) as history,
        history.head_copy() as database,
        psycopg.connect(database.dsn) as connection,
    ):
        [[tables], [partitions]] = [connection.execute(one).fetchone() or () for one in (TABLES, PARTITIONS)]
    assert tables >= 30
    assert partitions >= 3


@soundness
@pytest.mark.parametrize("shape", SHAPES)
def test_shape_is_sound_with_every_check(tmp_path: Path, postgres_server: Server, shape: str) -> None:
    """All that ``schemaproof verify`` asks, failures and crashes too; with what its team accepts, and says why."""
    written(tmp_path, revisions_of(shape), SHAPES[shape].DRIVER, SHAPES[shape].SETTINGS)
    settings = Settings.read(tmp_path, {}, known=[check.id for check in CHECKS])
    report = verify(
        settings.subject, postgres_server, checks=CHECKS, allowances=settings.allowances, progress=Silence()
    )
    assert [*report.obstacles] == []
    assert [one for one in report.findings if one.faulty] == []
    assert report.verdict == "sound"


def found(
    folder: Path,
    server: Server,
    shape: str,
    revisions: Sequence[tuple[str, Move]],
    *,
    since: str | None = None,
    checks: Sequence[Check] = ASKED,
) -> list[Finding] | None:
    """What the checks tell; None where no rows are needed for an upgrade to fail.

    With ``since`` of the revisions from there on, up to the first check that is red.
    """
    with open_history(written(folder, revisions, SHAPES[shape].DRIVER), server) as history:
        seen: list[Finding] = []
        asked = since is None
        for position, script in enumerate(history.revisions):
            asked = asked or script.revision == since
            if history.stairs(script.revision).up.error is not None:
                return None
            if not asked:
                history.kept(Inhabited).examine(position)  # the rows come up from below all the same
                continue
            for check in checks:
                seen += check.examine(history, script.revision)
                if since is not None and any(one.faulty for one in seen):
                    return seen
        return seen


def names(findings: Sequence[Finding]) -> str:
    return ", ".join(sorted({one.check for one in findings}))


def key(one: Finding) -> tuple[str, str, str | None]:
    return one.check, one.kind, one.object


def outcome(seen: Sequence[Finding] | None, usual: set[tuple[str, str, str | None]]) -> str:
    """Which checks see it, in which way; ``usual`` are the notes without the mutation."""
    if seen is None:
        return EMPTY
    faulty = [one for one in seen if one.faulty]
    notes = [one for one in seen if not one.faulty and key(one) not in usual]
    return names(faulty) or (f"{NOTE}{names(notes)}" if notes else MISSED)


def outcomes_of(folder: Path, server: Server, shape: str, lane: Lane) -> dict[str, str]:
    """Each mutation by itself, in the lane's revisions above those that make the tables that it refers to."""
    module = SHAPES[shape]
    firsts = [Lane(one.name, one.moves[0]) for one in module.BASE if one.name != lane.name]
    sound = found(folder / "sound", server, shape, together([module.SCHEMA], [*firsts, lane]))
    assert sound is not None
    assert [one for one in sound if one.faulty] == []
    usual = {key(one) for one in sound}
    outcomes = {}
    for place, operator, text in mutations(lane):
        name = f"{place} {operator.__name__}"
        revisions = together([module.SCHEMA], [*firsts, changed(lane, place, text)])
        since = f"{lane.name}_{place.move}"
        checks = ASKED if operator is using_removed else LESS
        seen = found(folder / name, server, shape, revisions, since=since, checks=checks)
        outcomes[name] = outcome(seen, usual)
    return outcomes


def measured() -> Iterator[Any]:
    for shape, module in SHAPES.items():
        yield from (
            pytest.param(shape, lane, id=f"{shape}-{lane.name}")
            for lane in module.LANES
            if lane.name in OUTCOMES[shape]
        )


@soundness
@pytest.mark.parametrize(("shape", "lane"), [*measured()])
def test_mutations_are_seen_but_for_those_that_are_known(
    tmp_path: Path, postgres_server: Server, shape: str, lane: Lane
) -> None:
    told = {name: MISSED if one.startswith(SAME) else one for name, one in OUTCOMES[shape][lane.name].items()}
    assert outcomes_of(tmp_path, postgres_server, shape, lane) == told


def test_lanes_are_measured_but_for_those_that_are_to_come() -> None:
    """A lane is measured as a whole or not at all: none of its mutations is left out for its outcome."""
    for shape, module in SHAPES.items():
        lanes = {lane.name: [f"{place} {one.__name__}" for place, one, _ in mutations(lane)] for lane in module.LANES}
        assert {*OUTCOMES[shape]} | {*TO_COME[shape]} == {name for name, some in lanes.items() if some}
        assert {name: [*some] for name, some in OUTCOMES[shape].items()} == {
            name: lanes[name] for name in OUTCOMES[shape]
        }


def test_table_of_mutations_is_that_of_the_outcomes() -> None:
    """Of each of the four kinds that slips are of; those that change nothing are not counted among the missed."""
    table: dict[str, Counter[str]] = {}
    for lanes in OUTCOMES.values():
        for some in lanes.values():
            for name, one in some.items():
                way, operator = name.split(".")[1], name.split(" ")[1]
                column = (
                    "same" if one.startswith(SAME) else MISSED if one == MISSED else "note" if NOTE in one else "red"
                )
                table.setdefault(f"{way} {KINDS[operator]}", Counter())[column] += 1
    assert table == {kind: Counter(**counts) for kind, counts in TABLE.items()}
