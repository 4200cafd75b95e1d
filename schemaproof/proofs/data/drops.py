"""Columns and tables that are dropped with what they hold: no fault where a statement says so, but worth a note."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from schemaproof.check import Check
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.migration.lines.operations import execute
from schemaproof.proofs.data import showing
from schemaproof.proofs.data.copies import copy_of
from schemaproof.proofs.data.inhabited import Experiment
from schemaproof.proofs.data.matching import Matched
from schemaproof.proofs.data.snapshot import Cells, Table

_KNOWN = 2  # characters: a shorter value is in many places by chance, and so are numbers


@dataclass(frozen=True)
class Drop:
    """What is dropped for good.

    Attributes:
        table: where it was.
        column: which column; None where the table itself is dropped.
        rows: those that had a value there.
    """

    table: Table
    column: str | None
    rows: Sequence[Cells]

    @property
    def object(self) -> str:
        """It, as PostgreSQL's kind and name."""
        return f"table {self.table}" if self.column is None else f"column {self.table}.{self.column}"


def drops(experiment: Experiment, told: Collection[str] = ()) -> Iterator[Drop]:
    """What the upgrade drops for good, but for the objects ``told`` and for what a revision says can't come back."""
    if experiment.irreversible or experiment.writes.opaque:
        return
    stay = {one.before.oid: one for one in experiment.matched}
    for table in experiment.before.tables.values():
        here = stay.get(table.oid)
        if here is None:
            found = [Drop(table, None, table.rows)] if table.rows and not _taken(experiment, table) else []
        else:
            found = [] if here.rebuilt else [*_columns(experiment, here)]
        yield from (one for one in found if one.object not in told)


def _columns(experiment: Experiment, table: Matched) -> Iterator[Drop]:
    for one in table.before.columns.values():
        if one.name in table.columns or one.generated:
            continue
        pairs = [(row, other) for row, other in table.pairs if row[one.name] is not None]
        beside = sum(row[one.name] in other.values() for row, other in pairs)  # an earlier revision has copied it
        rows = [row for row, _ in pairs]
        copy = copy_of(experiment, table.before, one.name)
        if copy is not None and not copy.lost:
            continue  # an earlier revision has copied all of it
        if rows and beside * 2 <= len(rows) and not _taken(experiment, table.before, one.name):
            yield Drop(table.before, one.name, rows)


def _taken(experiment: Experiment, table: Table, column: str | None = None) -> bool:
    """Whether the upgrade has put the values elsewhere: most are found there, or a statement reads them."""
    if not experiment.readings.of(table.name, column):
        return False  # what is found elsewhere is like them by chance
    texts = [text for row in table.rows for name, text in row.items() if text and column in {None, name}]
    known = [text for text in texts if len(text) >= _KNOWN and not text.isdecimal()]
    moved = [text for text in known if experiment.haystack.moved(text, gone=texts.count(text))]
    if known and len(moved) * 2 > len(known):
        return True
    wanted = {table.name[1]} if column is None else {column}
    reading = (one for one in experiment.writes.found if one.kind in {"update", "insert", "copied"})
    return any(wanted <= {word.text for word in one.words} for one in reading)


def told(check: Check, experiment: Experiment, drop: Drop) -> Finding:
    """A note of ``check`` on what the upgrade drops."""
    name = showing.quoted(drop.table)
    column = None if drop.column is None else showing.identifier(drop.column)
    count = f"SELECT count({column or '*'}) FROM {name}"
    copy = f"{column}, {', '.join(map(showing.identifier, drop.table.primary))}" if column else "*"
    keep = f"CREATE TABLE {showing.identifier(drop.table.name[1] + '_kept')} AS SELECT {copy.rstrip(', ')} FROM {name}"
    return check.finding(
        f"{experiment.revision} drops {drop.object} and what it holds.",
        kind="dropped",
        severity=Severity.NOTE,
        revision=experiment.revision,
        object=drop.object,
        evidence=[
            *showing.statements(experiment.writes.to({drop.table.name}, "dropped")),
            *showing.rows(drop.table, drop.rows, "holds", [drop.column] if drop.column else ()),
        ],
        consequence="After the deployment only a backup has them.",
        remedy=f"If they may be wanted again, keep them: `{execute(keep)}` before the drop. Rows affected in"
        f" production: `{count}`.",
    )


def empty_again(check: Check, experiment: Experiment, drop: Drop, source: str) -> Finding:
    """A note of ``check`` on what the downgrade makes again, empty; ``source`` is the check that tells of the drop."""
    return check.finding(
        f"The downgrade of {experiment.revision} makes {drop.object} again, and empty: nothing has kept what it held.",
        kind="empty again",
        severity=Severity.NOTE,
        revision=experiment.revision,
        object=drop.object,
        evidence=showing.rows(drop.table, drop.rows, "held", [drop.column] if drop.column else ()),
        consequence="After a rollback the older release runs without them.",
        remedy=f"Drop it one release later, when nobody goes back any more; or say that it can't be undone:"
        f' `raise NotImplementedError("{experiment.revision} drops {drop.object}")` in downgrade().',
        causes=[Cause(source, experiment.revision, drop.object)],
    )
