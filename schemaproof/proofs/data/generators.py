"""Sequences behind the rows that they number."""

import re
from collections.abc import Iterator

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import History
from schemaproof.migration.lines.operations import execute
from schemaproof.proofs.data import showing
from schemaproof.proofs.data.inhabited import Experiment
from schemaproof.proofs.data.passing import passed
from schemaproof.proofs.data.snapshot import Cells, Name, Snapshot, Table

# How a statement sets a sequence.
_SETS = re.compile(r"\b(setval|nextval|restart)\b", re.IGNORECASE)


def _ahead(history: History, revision: str) -> Iterator[Finding]:
    experiment = passed(history, revision)
    if experiment is None:
        return
    for (oid, column), (following, sequence) in experiment.after.numbers.items():
        table = experiment.after.tables.get(oid)
        if table is None or table.primary != (column,) or not table.whole:
            continue
        colliding = _colliding(table, column, following)
        brought = [row for row in colliding if _was_there(experiment.before, row[column])]
        if brought and not _was_so(experiment, oid, column):
            yield _told(experiment, table, column, following, sequence)
        elif chosen := _chosen(experiment, table, column, following):
            yield _noted(experiment, table, column, chosen, sequence)


def _colliding(table: Table, column: str, following: int) -> list[Cells]:
    return [row for row in table.rows if (row[column] or "").isdigit() and int(row[column] or 0) >= following]


def _chosen(experiment: Experiment, table: Table, column: str, following: int) -> list[Cells]:
    """The rows that the revision adds with numbers of its own choice, beside the sequence."""
    if any(_SETS.search(statement) for statement in experiment.witness.statements):
        return []  # to what it was, where other rows are ahead of these
    before, known = experiment.before.tables.get(table.oid), experiment.before.numbers.get((table.oid, column))
    if before is None:
        return _colliding(table, column, following)
    if known is None or known[0] != following or column not in before.columns:
        return []
    there = {row[column] for row in before.rows}
    return [row for row in _colliding(table, column, 1) if row[column] not in there]


def _was_so(experiment: Experiment, oid: int, column: str) -> bool:
    before, known = experiment.before.tables.get(oid), experiment.before.numbers.get((oid, column))
    return before is not None and known is not None and bool(_colliding(before, column, known[0]))


def _was_there(before: Snapshot, number: str | None) -> bool:
    return any(row[name] == number for table in before.tables.values() for name in table.primary for row in table.rows)


def _told(experiment: Experiment, table: Table, column: str, following: int, sequence: Name) -> Finding:
    name, counter = showing.quoted(table), ".".join(map(showing.identifier, sequence))
    greatest = f"SELECT max({showing.identifier(column)}) FROM {name}"
    behind = f"SELECT count(*) FROM {name} WHERE {showing.identifier(column)} >= (SELECT last_value FROM {counter})"
    same = table.oid in experiment.before.tables
    writes = experiment.writes.to({table.name}, "copied", "type") or []
    return GENERATORS_AHEAD.finding(
        f"After {experiment.revision}, INSERT INTO {table} fails with a duplicate {column}: {'.'.join(sequence)} gives"
        f" {following} next, and there are rows up to {max(int(row[column] or 0) for row in table.rows)}.",
        kind="behind its rows",
        revision=experiment.revision,
        object=f"column {table}.{column}",
        evidence=[
            *showing.statements(writes),
            *([] if writes else [showing.statement(one) for one in experiment.witness.statements[:3] if same]),
            *showing.rows(table, _colliding(table, column, following), "holds"),
        ],
        remedy=f"Set it in upgrade(), after the rows: `op.execute(\"SELECT setval('{counter}', ({greatest}))\")`. Rows"
        f" affected in production, after the upgrade: `{behind}`.",
    )


def _noted(experiment: Experiment, table: Table, column: str, chosen: list[Cells], sequence: Name) -> Finding:
    """Of a table that gets no other rows, a lookup table, nobody need care: it can't be told from others."""
    name, counter = showing.quoted(table), ".".join(map(showing.identifier, sequence))
    numbers = [int(row[column] or 0) for row in chosen]
    setting = f"SELECT setval('{counter}', (SELECT max({showing.identifier(column)}) FROM {name}))"
    return GENERATORS_AHEAD.finding(
        f"{experiment.revision} inserts rows of {table} with {column} up to {max(numbers)}, which"
        f" {'.'.join(sequence)} does not know of.",
        kind="numbers of its own choice",
        severity=Severity.NOTE,
        revision=experiment.revision,
        object=f"column {table}.{column}",
        evidence=showing.rows(table, chosen, "holds"),
        consequence=f"In a new database, where no row came before, an INSERT INTO {table} without {column} fails with a"
        f" duplicate {column}, until the sequence has passed these rows. Where the application never inserts into it,"
        " nothing has to be done.",
        remedy=f"Set it in upgrade(), after the rows: `{execute(setting)}`; or leave {column} out of the INSERT.",
    )


GENERATORS_AHEAD = Check(
    id="generators-ahead",
    area="data",
    title="After every upgrade, sequences and identities are ahead of the rows that they number.",
    reason="The first inserts of the new release fail with a duplicate key, until the sequence has passed the rows.",
    remedy="Set the sequence to the greatest number with setval() in upgrade().",
    scope="revision",
    examine=_ahead,
    keywords=("rows", "sequence"),
)
