"""Columns that are dropped: as half of a rename, or after a move that left some of their values behind."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemaproof.proofs.data.inhabited import Experiment
from schemaproof.proofs.data.left_out import is_inner_join
from schemaproof.proofs.data.matching import Matched
from schemaproof.proofs.data.snapshot import Cells, Name, Snapshot, Table
from schemaproof.proofs.data.writes import Write

_FEWEST = 2  # different values, for a column to be known by them


def renamed(experiment: Experiment, table: Matched) -> Iterator[tuple[str, str]]:
    """Each column that is dropped while another of its type, or of its name, appears and holds nothing of it.

    Foreign keys to two tables are no such pair: the values of one mean nothing in the other.
    """
    names = {table.before.name, table.after.name}
    numbers = {one.number for one in table.before.columns.values()}
    gone = [one for one in table.before.columns.values() if one.name not in table.columns and not one.generated]
    new = [one for one in table.after.columns.values() if one.number not in numbers and not one.generated]
    for old in gone:
        values = {row[old.name] for row, _ in table.pairs} - {None}
        same = [one for one in new if one.name == old.name] or [one for one in new if one.type == old.type]
        rivals = [one for one in gone if one.type == old.type]
        if len(values) < _FEWEST or len(same) != 1 or (len(rivals) > 1 and same[0].name != old.name):
            continue
        held = {other[same[0].name] for _, other in table.pairs}
        if len(held) > 1 or experiment.writes.opaque or _set(experiment, names, same[0].name):
            continue
        if _refer_elsewhere(experiment, table, old.name, same[0].name):
            continue
        if not any(text and experiment.haystack.moved(text, gone=_times(table, old.name, text)) for text in values):
            yield old.name, same[0].name


def _set(experiment: Experiment, names: set[tuple[str, str]], column: str) -> bool:
    return any(column in one.columns for one in experiment.writes.to(names, "update"))


def _refer_elsewhere(experiment: Experiment, table: Matched, old: str, new: str) -> bool:
    """Whether ``old`` referred to one table and ``new`` refers to another."""
    was = _referred(experiment.before, table.before, old)
    now = _referred(experiment.after, table.after, new)
    return bool(was and now) and was.isdisjoint(now)


def _referred(snapshot: Snapshot, table: Table, column: str) -> set[int | Name]:
    """The tables to which foreign keys of ``column`` refer: by oid, which a rename keeps, and by name."""
    parents = {key.parent for key in table.keys if column in key.columns}
    return {*parents, *(one.name for oid, one in snapshot.tables.items() if oid in parents)}


def _times(table: Matched, column: str, text: str) -> int:
    return sum(row[column] == text for row, _ in table.pairs)


@dataclass(frozen=True)
class Move:
    """A column whose values went elsewhere, but for some.

    Attributes:
        table: where it was.
        lost: the rows whose value is nowhere any more.
        count: how many rows had one.
        writes: the statements that moved them.
    """

    table: Table
    column: str
    lost: Sequence[Cells]
    count: int
    writes: Sequence[Write]


def lost_in_moves(experiment: Experiment) -> Iterator[Move]:
    """The columns that are gone, whose values a query with an inner join has copied as far as it found them."""
    joins = [
        one
        for one in experiment.writes.found
        if one.kind == "copied" and not one.chosen and is_inner_join([word.text for word in one.words])
    ]
    if not joins or experiment.writes.opaque:
        return
    stay = {one.before.oid: one for one in experiment.matched}
    for table in experiment.before.tables.values():
        here = stay.get(table.oid)
        for name in table.columns:
            if here is not None and (here.rebuilt or name in here.columns):
                continue
            own = [one for one in joins if {name, table.name[1]} <= {word.text for word in one.words}]
            rows = [row for row in table.rows if row[name] is not None and len(row[name] or "") > 1]
            lost = [row for row in rows if not _moved(experiment, table, name, row[name] or "")]
            if own and name not in table.primary and lost and len(lost) < len(rows):
                yield Move(table, name, lost, len(rows), own)
                break  # the others went with it


def _moved(experiment: Experiment, table: Table, name: str, text: str) -> bool:
    return experiment.haystack.moved(text, gone=sum(row[name] == text for row in table.rows))
