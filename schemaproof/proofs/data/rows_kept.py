"""Rows that vanish from a table that stays."""

from collections.abc import Iterator

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import History
from schemaproof.migration.lines.operations import execute
from schemaproof.proofs.data import showing
from schemaproof.proofs.data.inhabited import Experiment
from schemaproof.proofs.data.matching import Matched
from schemaproof.proofs.data.passing import passed
from schemaproof.proofs.data.reaching import referring, without
from schemaproof.proofs.data.snapshot import Cells, Key, Table
from schemaproof.proofs.data.writes import Write


def _kept(history: History, revision: str) -> Iterator[Finding]:
    experiment = passed(history, revision)
    if experiment is None or experiment.writes.opaque:
        return
    for table in experiment.matched:
        gone = [row for row in table.vanished if not _moved(experiment, row)]
        if gone:
            finding = _judged(experiment, table, gone)
            if finding is not None:
                yield finding


def _moved(experiment: Experiment, row: Cells) -> bool:
    """Whether most of what can be recognised of the row is somewhere else now."""
    known = [text for text in row.values() if text is not None and len(text) > 1]
    found = [text for text in known if experiment.haystack.moved(text)]
    return bool(known) and len(found) * 2 > len(known)


def _judged(experiment: Experiment, table: Matched, gone: list[Cells]) -> Finding | None:
    names = {table.before.name, table.after.name}
    named = experiment.writes.to(names, "delete", "truncate")
    if not named and not table.rebuilt:
        return _cascaded(experiment, table, gone)
    whole = [one for one in named if not one.chosen]
    if whole:
        return _emptied(experiment, table, gone, whole)
    if table.rebuilt and not named and (copied := _copied(experiment, table)):
        return _left_out(experiment, table, gone, copied)
    return None  # a condition says which rows go


def _cascaded(experiment: Experiment, table: Matched, gone: list[Cells]) -> Finding:
    name, revision = table.before, experiment.revision
    above = [(key, parent) for key, parent in _parents(experiment, name) if _deleted(experiment, parent)]
    causes = [one for _, parent in above for one in experiment.writes.to({parent.name}, "delete", "truncate")]
    causes = causes or [one for one in experiment.writes.found if one.kind in {"delete", "truncate"}]
    where = f"rows of {above[0][1]}" if above else "other rows"
    return ROWS_KEPT.finding(
        f"{revision} deletes {len(gone)} of {len(name.rows)} rows of {name}, which no statement names: they go with"
        f" {where}.",
        kind="cascade",
        severity=Severity.NOTE if experiment.irreversible else Severity.ERROR,
        revision=revision,
        object=f"table {name}",
        evidence=[*showing.statements(causes), *showing.rows(name, gone, "loses")],
        remedy=_children_first(name, above[0], causes) if above else None,
    )


def _parents(experiment: Experiment, table: Table) -> Iterator[tuple[Key, Table]]:
    for key in table.keys:
        parent = experiment.before.tables.get(key.parent)
        if parent is not None and key.action == "c":
            yield key, parent


def _deleted(experiment: Experiment, parent: Table) -> bool:
    """Whether rows of it are gone, or were deleted and inserted again, with the same keys perhaps."""
    gone = any(one.before.oid == parent.oid and one.vanished for one in experiment.matched)
    return gone or bool(experiment.writes.to({parent.name}, "delete", "truncate"))


def _children_first(table: Table, above: tuple[Key, Table], causes: list[Write]) -> str:
    key, parent = above
    child, column = showing.quoted(table), showing.identifier(key.columns[0])
    update = f"UPDATE {child} SET {column} = ... WHERE {column} IN (...)"
    return (
        f"Before the DELETE, point the rows of {table} to the row of {parent} that stays:"
        f" `{execute(update)}`. Rows affected in production: `{referring(table, key, parent, causes)}`."
    )


def _emptied(experiment: Experiment, table: Matched, gone: list[Cells], whole: list[Write]) -> Finding:
    name, revision = table.before, experiment.revision
    count = f"SELECT count(*) FROM {showing.quoted(name)}"
    return ROWS_KEPT.finding(
        f"{revision} deletes all rows of {name}: its {whole[0].kind.upper()} has no condition.",
        kind="no condition",
        severity=Severity.NOTE if experiment.irreversible else Severity.WARNING,
        revision=revision,
        object=f"table {name}",
        evidence=[*showing.statements(whole), *showing.rows(name, gone, "loses")],
        remedy=f"Give the DELETE its WHERE; or, if all rows are meant to go, say so in downgrade():"
        f' `raise NotImplementedError("{revision} deletes the rows of {name}")`. Rows affected in production:'
        f" `{count}`.",
    )


def _copied(experiment: Experiment, table: Matched) -> list[Write]:
    """The statements that fill the table anew from others without saying which rows they leave out."""
    all_of_them = [one for one in experiment.writes.found if one.kind == "copied"]
    reading = [one for one in all_of_them if table.before.name[1] in {word.text for word in one.words}]
    return reading if reading and not any(one.chosen for one in reading) else []


def _left_out(experiment: Experiment, table: Matched, gone: list[Cells], copied: list[Write]) -> Finding:
    name, revision = table.before, experiment.revision
    inner = any(word.text == "join" for one in copied for word in one.words)
    return ROWS_KEPT.finding(
        f"{revision} rebuilds {name} and loses {len(gone)} of its {len(name.rows)} rows"
        + (": the join finds nothing for them." if inner else "."),
        kind="rebuilt",
        severity=Severity.NOTE if experiment.irreversible else Severity.WARNING,
        revision=revision,
        object=f"table {name}",
        evidence=[*showing.statements(copied), *showing.rows(name, gone, "loses")],
        remedy=("Write LEFT JOIN in place of JOIN. " if inner else "Copy all rows. ")
        + f"Rows affected in production: `{without(name, gone)}`.",
    )


ROWS_KEPT = Check(
    id="rows-kept",
    area="data",
    title="No upgrade loses rows of a table that stays, unless a statement says which.",
    reason="Rows are gone after the deployment, and only a backup has them.",
    remedy="Move the rows that refer to what is deleted before it is deleted, or delete them by a statement of their"
    " own.",
    scope="revision",
    examine=_kept,
    keywords=("rows",),
)
