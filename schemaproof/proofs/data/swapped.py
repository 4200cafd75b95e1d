"""Values that come to where others belong: in a copy, or back by a downgrade."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemaproof.proofs.data.inhabited import Experiment
from schemaproof.proofs.data.matching import Matched
from schemaproof.proofs.data.snapshot import Cells, Table
from schemaproof.proofs.data.writes import Write

_FEWEST = 2  # different values, or rows that differ in both columns: one is by chance


@dataclass(frozen=True)
class Swap:
    """A column that came back with others' values.

    Attributes:
        column: which.
        other: the column with which it has changed places; None where two values of its own have.
        changes: a row before, its value then and its value now, for each that has another value.
    """

    column: str
    other: str | None
    changes: Sequence[tuple[Cells, str, str]]


def swapped(table: Matched, gone: Sequence[str]) -> Iterator[Swap]:
    """What came back swapped, of the columns ``gone`` that the upgrade had dropped.

    A downgrade need not bring everything back. But where each value is there again and none where it was, all that was
    to be known was known, and a mapping is the wrong way round, on the way up or down.
    """
    changes = {name: _changes(table, name) for name in gone}
    for place, one in enumerate(gone):
        if _permuted(table, one):
            yield Swap(one, None, changes[one])
            continue
        for other in gone[place + 1 :]:
            if _crossed(table, one, other):
                yield Swap(one, other, changes[one])


@dataclass(frozen=True)
class Crossing:
    """Two columns that a query copies into each other.

    Attributes:
        source: the table that it copies from.
        target: the one that it fills.
        columns: those of both tables, by their names.
        rows: those of ``target``.
        write: the query.
    """

    source: Table
    target: Table
    columns: tuple[str, str]
    rows: Sequence[Cells]
    write: Write


def crossings(experiment: Experiment) -> Iterator[Crossing]:
    """What the upgrade's queries copy from one column into another one, and from that into one of the first's name."""
    for write in experiment.writes.found:
        target = next((one for one in experiment.after.tables.values() if write.of({one.name})), None)
        if write.kind != "copied" or target is None or not target.whole or experiment.writes.opaque:
            continue
        was = experiment.before.tables.get(target.oid)
        new = [row for row in target.rows if was is None or row not in was.rows]
        words = {word.text for word in write.words}
        for source in experiment.before.tables.values():
            if source.name[1] not in words or source.oid == target.oid or len(source.primary) != 1:
                continue
            shared = [one for one in source.columns if one in target.columns and one in words]
            for pair in itertools.combinations(shared, 2):
                if any(_copied_crosswise(source, own, pair, new) for own in target.columns if own not in pair):
                    yield Crossing(source, target, pair, new, write)


def _copied_crosswise(source: Table, own: str, pair: tuple[str, str], new: Sequence[Cells]) -> bool:
    rows = {row[source.primary[0]]: row for row in source.rows}
    both = [(rows.get(row[own]), row) for row in new]
    if any(row is None for row, _ in both):
        return False  # ``own`` does not say of which row they are
    one, other = pair
    different = [(was, now) for was, now in both if was is not None and was[one] != was[other]]
    return len(different) >= _FEWEST and all((now[one], now[other]) == (was[other], was[one]) for was, now in different)


def _now(table: Matched, row: Cells, name: str) -> str | None:
    return row[table.columns[name].name]


def _changes(table: Matched, name: str) -> list[tuple[Cells, str, str]]:
    both = ((row, row[name], _now(table, after, name)) for row, after in table.pairs)
    return [(row, old, new) for row, old, new in both if old is not None and new is not None and old != new]


def _permuted(table: Matched, name: str) -> bool:
    """Whether each value became another one of the same ones, always the same; of keys and numbers it says nothing."""
    known = [(row[name], _now(table, after, name)) for row, after in table.pairs if row[name] is not None]
    mapping = dict(known)
    if not len(known) > len(mapping) >= _FEWEST or any(mapping[old] != new for old, new in known):
        return False
    return {*mapping} == {*mapping.values()} and any(old != new for old, new in mapping.items())


def _crossed(table: Matched, one: str, other: str) -> bool:
    """Whether in each row both columns hold what the other one held."""
    rows = [(row, after) for row, after in table.pairs if row[one] != row[other]]
    return len(rows) >= _FEWEST and all(
        (_now(table, after, one), _now(table, after, other)) == (row[other], row[one]) for row, after in rows
    )
