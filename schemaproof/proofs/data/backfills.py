"""Backfills that leave rows NULL."""

from collections.abc import Iterator, Sequence

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import History
from schemaproof.migration.lines.operations import execute
from schemaproof.proofs.data import showing
from schemaproof.proofs.data.dropped import lost_in_moves
from schemaproof.proofs.data.inhabited import Experiment, Incomplete, Inhabited
from schemaproof.proofs.data.left_out import LeftOut, divides, left_out
from schemaproof.proofs.data.matching import Matched
from schemaproof.proofs.data.passing import passed
from schemaproof.proofs.data.refusals import required_column, said
from schemaproof.proofs.data.snapshot import Cells, Column
from schemaproof.proofs.data.writes import Write

# Comparisons that are neither true nor false where one side is NULL, and read as if they were.
_DENYING = (["<", ">"], ["!", "="], ["not", "in"], ["not", "like"], ["not", "ilike"])


def _complete(history: History, revision: str) -> Iterator[Finding]:
    experiment = passed(history, revision)
    if experiment is not None:
        yield from _looked_at(history.kept(Inhabited), experiment)
        told = {one.statement for move in lost_in_moves(experiment) for one in move.writes}  # as lost values
        yield from (_without_row(experiment, one) for one in left_out(experiment) if one.write.statement not in told)
        return
    stairs = history.stairs(revision)
    if history.alone or stairs.up.error is not None or not stairs.recorded:
        return
    inhabited = history.kept(Inhabited)
    refused = inhabited.examine(history.positions[revision])
    place = required_column(refused.run.error, stairs.before) if refused is not None else None
    known = inhabited.incomplete.get(place) if place else None
    if refused is None or place is None or known is None:
        return
    table, column = place
    schema = said(refused.run.error, "schema_name") or "public"
    rows = f"rows without {known.where}" if known.where else "some rows"
    where = known.where or column
    name, written = showing.quoted_name((schema, table)), showing.identifier(column)
    update = f"UPDATE {name} SET {written} = ... WHERE {written} IS NULL"
    yield BACKFILL_COMPLETE.finding(
        f"{known.revision}: {table}.{column} stays NULL for {rows} ({known.empty} of {known.count}); {revision} then"
        f" fails: {_words(refused.run.error)}",
        kind=f"refused for {column}",
        severity=Severity.WARNING,
        revision=revision,
        object=f"table {schema}.{table}",
        evidence=[*known.evidence, refused.run.told],
        remedy=f"Give these rows a value too in {known.revision}, or before the NOT NULL in {revision}:"
        f" `{execute(update)}`. Rows affected in production:"
        f" `SELECT count(*) FROM {name} WHERE {showing.identifier(where)} IS NULL`.",
    )


def _words(error: BaseException | None) -> str:
    return said(error, "message_primary") or said(error, "message") or str(getattr(error, "orig", error))


def _looked_at(inhabited: Inhabited, experiment: Experiment) -> Iterator[Finding]:
    for table in experiment.matched:
        names = {table.before.name, table.after.name}
        for column in table.after.columns.values():
            fills = [one for one in experiment.writes.to(names, "update") if column.name in one.columns]
            if not fills or table.rebuilt or column.required:
                continue
            was = next((one for one in table.before.columns.values() if one.number == column.number), None)
            pairs = [(row, other) for row, other in table.pairs if was is None or row[was.name] is None]
            known = _incomplete(experiment, table, column, fills, pairs)
            if known is None:
                continue
            inhabited.incomplete[table.after.name[1], column.name] = known
            if len(pairs) == len(table.pairs) and known.where and _denied(fills, known.where):
                yield _note(experiment, table, column, known)


def _incomplete(
    experiment: Experiment,
    table: Matched,
    column: Column,
    fills: Sequence[Write],
    pairs: Sequence[tuple[Cells, Cells]],
) -> Incomplete | None:
    """What the statements ``fills`` leave, of the rows ``pairs`` that had no value."""
    empty = [(row, other) for row, other in pairs if other[column.name] is None]
    filled = [row for row, other in pairs if other[column.name] is not None]
    if not empty or not filled:
        return None
    others = [one.name for one in table.before.columns.values() if one.number != column.number]
    causes = [name for name in others if divides(name, [row for row, _ in empty], filled)]
    named = [name for name in causes if any(word.text == name for one in fills for word in one.words)]
    where = next(iter(named or causes), None)
    shown = showing.rows(
        table.after, [other for _, other in empty], "stays NULL in", [*([where] if where else []), column.name]
    )
    return Incomplete(
        experiment.revision,
        where if where is None or where not in table.columns else table.columns[where].name,
        len(empty),
        len(table.pairs),
        (*showing.statements(fills), *shown),
    )


def _denied(fills: Sequence[Write], where: str) -> bool:
    """Whether a condition says what the column is not, which NULL does not satisfy."""
    for one in fills:
        texts = [word.text for word in one.words]
        condition = texts[texts.index("where") + 1 :] if "where" in texts else []
        for place, text in enumerate(condition):
            if text == where and any(condition[place + 1 : place + 1 + len(deny)] == deny for deny in _DENYING):
                return True
    return False


def _note(experiment: Experiment, table: Matched, column: Column, known: Incomplete) -> Finding:
    name, where = showing.quoted(table.after), showing.identifier(known.where or column.name)
    return BACKFILL_COMPLETE.finding(
        f"{experiment.revision} leaves {table.after}.{column.name} NULL for rows without {known.where}"
        f" ({known.empty} of {known.count}): its condition is neither true nor false there.",
        kind="condition",
        severity=Severity.NOTE,
        revision=experiment.revision,
        object=f"column {table.after}.{column.name}",
        evidence=known.evidence,
        consequence="What reads the column takes these rows for ones that are yet to be filled.",
        remedy=f"Write IS DISTINCT FROM in place of <>. Rows affected in production: `SELECT count(*) FROM {name} WHERE"
        f" {where} IS NULL`.",
    )


def _without_row(experiment: Experiment, one: LeftOut) -> Finding:
    where = f"FROM {showing.quoted(one.source)} WHERE {showing.identifier(one.where)} IS NULL"
    return BACKFILL_COMPLETE.finding(
        f"{experiment.revision} leaves rows of {one.source} without {one.where} out of {one.target}"
        f" ({len(one.rows)} of {len(one.source.rows)}): the join finds nothing for them.",
        kind="left out",
        severity=Severity.NOTE,
        revision=experiment.revision,
        object=f"table {one.target}",
        evidence=[*showing.statements([one.write]), *showing.rows(one.source, one.rows, "left out", [one.where])],
        consequence=f"What looks for them in {one.target} finds nothing.",
        remedy=f"If {one.target} is to have a row for each, write LEFT JOIN in place of JOIN, with a value for what it"
        f" does not find. Rows affected in production: `SELECT count(*) {where}`.",
    )


BACKFILL_COMPLETE = Check(
    id="backfill-complete",
    area="data",
    title="A backfill fills every row, where a later revision wants a value in each.",
    reason="The backfill passes, and the deployment fails at a later revision, on rows that it left NULL.",
    remedy="Fill these rows too: with a LEFT JOIN and a default, or IS DISTINCT FROM in the condition.",
    scope="revision",
    examine=_complete,
    keywords=("rows", "backfill"),
)
