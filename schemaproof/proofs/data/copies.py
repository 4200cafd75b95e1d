"""Columns and tables that are dropped after an earlier revision has copied what they held: whether it copied all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemaproof.proofs.data.inhabited import Experiment
from schemaproof.proofs.data.snapshot import Cells, Table
from schemaproof.proofs.data.tokens import tokens
from schemaproof.proofs.data.writes import Write


@dataclass(frozen=True)
class Copy:
    """Where the values of a column are, beside it, before the upgrade that drops it.

    Attributes:
        source: the table of the column.
        column: it.
        target: the table that has them too.
        key: the column of ``target`` that says of which row they are, by its primary key.
        place: the column of ``target`` that has the values.
        lost: the rows of ``source`` that have a value and none in ``target``.
        count: how many have a value.
    """

    source: Table
    column: str
    target: Table
    key: str
    place: str
    lost: Sequence[Cells]
    count: int


def copy_of(experiment: Experiment, source: Table, column: str) -> Copy | None:
    """The copy of ``column`` that has most of its values, each beside the key of its row; None where there is none.

    It is in a table that an earlier revision has filled by a query which reads the column: elsewhere values are alike
    by chance, as those of two flags are.
    """
    if len(source.primary) != 1 or column in source.primary:
        return None
    key = source.primary[0]
    rows = {row[key]: row for row in source.rows if row[column] is not None}
    targets = [
        one
        for one in experiment.after.tables.values()
        if any(_reads(query, source, column) for query in experiment.copied.get(one.name[1], ()))
    ]
    found = [copy for target in targets for copy in _within(source, column, rows, target)]
    return min(found, key=lambda one: len(one.lost), default=None)


def _reads(query: Write, source: Table, column: str) -> bool:
    # Also in a WITH before the INSERT.
    words = {one.text for one in (*query.words, *tokens(query.statement))}
    return source.name[1] in words and bool(words & {column, "*"})


def _within(source: Table, column: str, rows: dict[str | None, Cells], target: Table) -> Iterator[Copy]:
    if target.oid == source.oid or not target.whole:
        return
    for own in target.columns:
        there = {row[own]: row for row in target.rows if row[own] in rows}
        if not there:
            continue
        for place in target.columns:
            same = sum(row[place] == rows[number][column] for number, row in there.items())
            if place != own and same * 2 > len(rows):
                lost = [row for number, row in rows.items() if number not in there]
                yield Copy(source, column, target, own, place, lost, len(rows))


def lost_in_copies(experiment: Experiment) -> Iterator[Copy]:
    """The copies that lack rows, of what this upgrade drops; a condition that chose them makes that no fault."""
    if experiment.writes.opaque:
        return
    stay = {one.before.oid: one for one in experiment.matched}
    for table in experiment.before.tables.values():
        here = stay.get(table.oid)
        if here is not None and here.rebuilt:
            continue
        for name, column in table.columns.items():
            if column.generated or (here is not None and name in here.columns):
                continue
            copy = copy_of(experiment, table, name)
            if (
                copy is not None
                and copy.lost
                and not any(query.chosen for query in experiment.copied[copy.target.name[1]])
            ):
                yield copy
                break  # the others went with it
