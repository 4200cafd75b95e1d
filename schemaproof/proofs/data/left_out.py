"""Rows that an inner join leaves out of a table that it fills."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemaproof.proofs.data.inhabited import Experiment
from schemaproof.proofs.data.snapshot import Cells, Table
from schemaproof.proofs.data.writes import Write, chooses

_NOT_INNER = frozenset({"left", "outer", "full", "right", "cross"})


@dataclass(frozen=True)
class LeftOut:
    """The rows of a table that have none in another one, which is filled from it.

    Attributes:
        source: the table.
        target: the other one.
        key: the column of ``target`` that says of which row a row is, by its primary key.
        where: the column of ``source`` that the join names, NULL in just the rows that are left out.
        rows: these.
        write: the query.
    """

    source: Table
    target: Table
    key: str
    where: str
    rows: Sequence[Cells]
    write: Write


def left_out(experiment: Experiment) -> Iterator[LeftOut]:
    """What the upgrade's queries leave out, but for those that say which rows they take.

    ON CONFLICT DO NOTHING says that the newer release may have written some already: of these nothing is said.
    """
    for write in experiment.writes.found:
        if write.kind != "copied" or chooses(write.words, but={"conflict"}):
            continue
        names = [word.text for word in write.words]
        if experiment.writes.opaque or not is_inner_join(names):
            continue
        target = next((one for one in experiment.after.tables.values() if write.of({one.name})), None)
        if target is None or not target.whole:
            continue
        was = experiment.before.tables.get(target.oid)
        sources = [one for one in experiment.before.tables.values() if one.name[1] in names and one.whole]
        yield from (found for source in sources if (found := _of(source, target, was, write)) is not None)


def is_inner_join(words: Sequence[str]) -> bool:
    """Whether one of the joins among the ``words`` of a query keeps only the rows that it finds on both sides."""
    return any(word == "join" and before not in _NOT_INNER for before, word in itertools.pairwise(words))


def _of(source: Table, target: Table, was: Table | None, write: Write) -> LeftOut | None:
    if len(source.primary) != 1:
        return None
    key = source.primary[0]
    keys = {row[key] for row in source.rows}
    for own in target.columns:
        there = {row[own] for row in target.rows}
        earlier = {row[own] for row in was.rows} if was is not None and own in was.columns else set()
        if not there - earlier or not there < keys:
            continue
        missing = [row for row in source.rows if row[key] not in there]
        present = [row for row in source.rows if row[key] in there - earlier]
        for where in dict.fromkeys(word.text for word in write.words):
            if where in source.columns and divides(where, missing, present):
                return LeftOut(source, target, own, where, missing, write)
    return None


def divides(name: str, missing: Sequence[Cells], present: Sequence[Cells]) -> bool:
    """Whether the column ``name`` is NULL in the rows ``missing``, and in none that are ``present``."""
    return all(row[name] is None for row in missing) and all(row[name] is not None for row in present)
