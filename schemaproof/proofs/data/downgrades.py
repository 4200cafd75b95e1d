"""What downgrades make of the rows that are there."""

from collections.abc import Iterator, Sequence

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.migration.environment import sqlstate
from schemaproof.migration.history import History
from schemaproof.migration.lines.operations import execute
from schemaproof.migration.stairway import Stairs
from schemaproof.proofs.data import showing, written
from schemaproof.proofs.data.counting import count_query, counted, cutting
from schemaproof.proofs.data.descent import Descent, Descents, Stuck
from schemaproof.proofs.data.drops import Drop, drops, empty_again
from schemaproof.proofs.data.inhabited import Experiment
from schemaproof.proofs.data.matching import Matched, matched, within
from schemaproof.proofs.data.passing import passed
from schemaproof.proofs.data.refusals import code_line
from schemaproof.proofs.data.required import Required
from schemaproof.proofs.data.snapshot import Cells, Table
from schemaproof.proofs.data.swapped import Swap, swapped
from schemaproof.proofs.data.values_kept import VALUES_KEPT


def _with_rows(history: History, revision: str) -> Iterator[Finding]:
    experiment = passed(history, revision)
    stuck = history.kept(Descents).stuck(experiment) if experiment is not None else None
    if stuck is None:
        return
    evidence = [*stuck.rows, stuck.run.told]
    if stuck.deliberate:
        yield DOWNGRADE_WITH_ROWS.finding(
            f"The downgrade of {revision} refuses to run on tables with rows: {_first_line(stuck)}",
            kind="refuses",
            severity=Severity.NOTE,
            revision=revision,
            evidence=evidence,
            consequence="The release can be rolled back once what the error asks for is done.",
            remedy="Do in production what the error asks for, then roll back.",
        )
        return
    table = ".".join(stuck.table) if stuck.table else ""
    yield DOWNGRADE_WITH_ROWS.finding(
        f"The downgrade of {revision} fails as soon as {table} holds a row."
        if stuck.any_row
        else f"The downgrade of {revision} fails on rows that the schema after the upgrade allows"
        + (f": {stuck.kind}." if stuck.kind else "."),
        kind="fails",
        severity=Severity.WARNING,  # on any row too: many add back a column that must not be NULL, and few are ever run
        revision=revision,
        object=f"table {table}" if table else None,
        evidence=evidence,
        remedy=_remedy(stuck, history.stairs(revision), history.server.version),
    )


def _first_line(stuck: Stuck) -> str:
    return str(stuck.run.error).partition("\n")[0]


def _remedy(stuck: Stuck, stairs: Stairs, release: int) -> str:
    if stuck.any_row and (line := code_line(stuck.run)):
        return f"Fix the code at {line}: it fails on any row, and where there are none nobody notices."
    if by_statement := written.remedy(stuck.run, stairs, stuck.table, release, down=True):
        return by_statement
    place = Required.of(stuck.run.error)
    if place is not None and (stairs.first is None or place.identity not in stairs.first.objects):
        return (
            f"Give {place.column} a server_default in downgrade(); or add it nullable, fill it, and then"
            f" `{place.requiring}`. Rows affected in production: `SELECT count(*) FROM {place.table}`."
        )
    if place is not None:
        return (
            f"Fill it in downgrade(), before the NOT NULL: `{place.filling}`. Rows affected in production:"
            f" `SELECT count(*) FROM {place.table} WHERE {place.name} IS NULL`."
        )
    advice = _ADVICE.get(sqlstate(stuck.run.error) or "", DOWNGRADE_WITH_ROWS.remedy)
    told = advice.replace("{table}", showing.quoted_name(stuck.table) if stuck.table else "...")
    told = told.replace("{cut}", cutting(stuck.run.error, stuck.table, stairs, down=True))
    query = count_query(stuck.run.error, stuck.table, stairs, down=True)
    return told + counted((query or "", ""))


# As those of upgrades.
_ADVICE = {
    "22001": "Say in downgrade() that longer values are cut: {cut}.",
    "22003": "Say in downgrade() what becomes of greater numbers, in USING or by an UPDATE before it.",
    "22P02": "Give the rows with the new label an old one first: `UPDATE {table} SET ... WHERE ... = '...'`.",
    "23505": "Merge the duplicates in downgrade(), before the unique index.",
    "23503": "Delete the orphans in downgrade(), before the foreign key.",
    "23514": "Update the rows that violate the CHECK in downgrade(), before the constraint.",
}


def _keeps(history: History, revision: str) -> Iterator[Finding]:
    experiment = passed(history, revision)
    descent = history.kept(Descents).of(experiment) if experiment is not None else None
    if experiment is None or descent is None or descent.run.error is not None or descent.writes.opaque:
        return
    tables = [*matched(experiment.before, descent.after, again=True)]
    for table in tables:
        lost = _lost_rows(experiment, descent, table)
        if lost:
            yield _rows_told(experiment, descent, table, lost)
            continue
        for name in table.columns:
            values = _lost_values(experiment, table, name)
            if values:
                yield _values_told(experiment, descent, table, name, values)
            anew = _lost_in_place(experiment, descent, table, name)
            if anew:
                yield _anew_told(experiment, descent, table, name, anew)
        yield from (_swap_told(experiment, descent, table, one) for one in swapped(table, _gone(experiment, table)))
    for one in drops(experiment):
        again = descent.after.named(one.table.name)
        if again is not None and (one.column is None or one.column in again.columns) and not _is_back(tables, one):
            yield empty_again(DOWNGRADE_KEEPS_ROWS, experiment, one, VALUES_KEPT.id)


def _is_back(tables: Sequence[Matched], one: Drop) -> bool:
    """Whether each row has its value again: the downgrade has worked it out from others."""
    table = next((table for table in tables if table.before.oid == one.table.oid), None)
    if table is None or one.column is None or one.column not in table.columns:
        return False
    name, now = one.column, table.columns[one.column].name
    return not table.vanished and all(row[name] == after[now] for row, after in table.pairs)


def _lost_rows(experiment: Experiment, descent: Descent, table: Matched) -> Sequence[Cells]:
    """The rows that the upgrade has kept or moved, and that are not in their table any more."""
    up = next((one for one in experiment.matched if one.before.oid == table.before.oid), None)
    gone_before = [] if up is None else up.vanished
    if up is not None and descent.writes.to({table.before.name, up.after.name}, "delete", "truncate"):
        return []  # a statement says so
    kept = [row for row in table.vanished if row not in gone_before] if up is not None else table.vanished
    if up is not None and not up.rebuilt:  # a table that the downgrade makes anew has only what it copies there
        return kept
    return [row for row in kept if _somewhere(experiment, table, row)]


def _somewhere(experiment: Experiment, table: Matched, row: Cells) -> bool:
    known = [(name, text) for name, text in row.items() if text is not None and len(text) > 1]
    found = [text for name, text in known if _moved(experiment, table, name, text)]
    return bool(known) and len(found) * 2 > len(known)


def _lost_values(experiment: Experiment, table: Matched, name: str) -> list[tuple[Cells, str | None, str | None]]:
    """The values that the upgrade has taken elsewhere, and the downgrade does not bring back."""
    if name not in _gone(experiment, table):
        return []
    changes = [
        (row, row[name], other[table.columns[name].name])
        for row, other in table.pairs
        if row[name] is not None and row[name] != other[table.columns[name].name]
    ]
    empty = [one for one in changes if one[2] is None or one[2] == ""]
    return [one for one in empty if one[1] and len(one[1]) > 1 and _moved(experiment, table, name, one[1])]


def _lost_in_place(
    experiment: Experiment, descent: Descent, table: Matched, name: str
) -> list[tuple[Cells, str | None, str | None]]:
    """The values of a column that the upgrade keeps, and that the downgrade drops and adds again."""
    up = next((one for one in experiment.matched if one.before.oid == table.before.oid), None)
    column = table.columns[name]
    if up is None or up.rebuilt or table.rebuilt or column.generated or name not in up.columns:
        return []
    if up.columns[name].number == column.number:
        return []
    if descent.writes.to({table.before.name, up.after.name}, "update", "copied"):
        return []  # into the new column, perhaps by another name
    return [
        (row, row[name], other[column.name])
        for row, other in table.pairs
        if row[name] is not None and row[name] != other[column.name]
    ]


def _gone(experiment: Experiment, table: Matched) -> list[str]:
    """The columns that the upgrade has dropped, and that are there again."""
    up = next((one for one in experiment.matched if one.before.oid == table.before.oid), None)
    stayed = up.columns if up is not None else {}
    return [one for one in table.columns if one not in stayed and not table.before.columns[one].generated]


def _moved(experiment: Experiment, table: Matched, name: str, text: str) -> bool:
    """Whether the upgrade has put the value elsewhere, and not merely left others like it where they were.

    What no statement reads has gone nowhere: values are then alike by chance.
    """
    if not experiment.readings.of(table.before.name, name):
        return False
    return experiment.haystack.moved(text, gone=sum(row[name] == text for row in table.before.rows))


def _rows_told(experiment: Experiment, descent: Descent, table: Matched, lost: Sequence[Cells]) -> Finding:
    name, revision = table.before, experiment.revision
    return DOWNGRADE_KEEPS_ROWS.finding(
        f"The downgrade of {revision} loses {len(lost)} of {len(name.rows)} rows of {name} that the upgrade keeps.",
        kind="rows lost",
        severity=Severity.WARNING,
        revision=revision,
        object=f"table {name}",
        evidence=[*showing.statements(descent.writes.found), *showing.rows(name, lost, "loses")],
        remedy=f"Copy them back in downgrade(): `{execute(f'INSERT INTO {showing.quoted(name)} SELECT ... FROM ...')}`."
        f" Rows affected in production, before the downgrade: `{_count_of(experiment, name, lost)}`.",
    )


def _count_of(experiment: Experiment, table: Table, lost: Sequence[Cells]) -> str:
    """The query that counts the rows of ``table`` where they are after the upgrade; a value of one tells where."""
    texts = [text for text in lost[0].values() if text is not None and len(text) > 1]
    found = next((one for text in texts if (one := _holder(experiment, text)) is not None), None)
    return f"SELECT count(*) FROM {showing.quoted(found[0] if found else table)}"


def _holder(experiment: Experiment, value: str) -> tuple[Table, str] | None:
    """A table and a column of it into which the upgrade has put ``value``, alone or inside of another one."""
    before = {(table.oid, column, text) for table, column, text in experiment.before.values()}
    put = [one for one in experiment.after.values() if (one[0].oid, one[1], one[2]) not in before]
    exactly = ((table, column) for table, column, text in put if text == value)
    inside = ((table, column) for table, column, text in put if within(value, text))
    return next(exactly, None) or next(inside, None)


def _values_told(
    experiment: Experiment,
    descent: Descent,
    table: Matched,
    column: str,
    values: Sequence[tuple[Cells, str | None, str | None]],
) -> Finding:
    name, revision, written = table.before, experiment.revision, showing.identifier(column)
    source = _holder(experiment, values[0][1] or "")
    place = f"{source[0]}.{source[1]}" if source else "another column"
    update = f"UPDATE {showing.quoted(name)} SET {written} = ..."
    if source is not None and source[0].oid != name.oid:
        update += f" FROM {showing.quoted(source[0])} WHERE ..."
    count = f"SELECT count({showing.identifier(source[1])}) FROM {showing.quoted(source[0])}" if source else ""
    return DOWNGRADE_KEEPS_ROWS.finding(
        f"The downgrade of {revision} adds {name}.{column} empty, though its values are in {place}.",
        kind="values not restored",
        severity=Severity.WARNING,
        revision=revision,
        object=f"column {name}.{column}",
        evidence=[
            *showing.statements(one for one in descent.writes.found if one.kind == "dropped"),
            *showing.changed(name, column, values, heads=("before the upgrade", "after the downgrade")),
        ],
        remedy=f"Copy them back in downgrade(), before what holds them is dropped: `{execute(update)}`."
        + (f" Rows affected in production, before the downgrade: `{count}`." if count else ""),
    )


def _anew_told(
    experiment: Experiment,
    descent: Descent,
    table: Matched,
    column: str,
    values: Sequence[tuple[Cells, str | None, str | None]],
) -> Finding:
    name, revision, written = table.before, experiment.revision, showing.identifier(column)
    kind = name.columns[column].type
    alter = f"ALTER TABLE {showing.quoted(name)} ALTER COLUMN {written} TYPE {kind}"
    return DOWNGRADE_KEEPS_ROWS.finding(
        f"The downgrade of {revision} drops {name}.{column}, which the upgrade keeps, and adds it again without its"
        " values.",
        kind="made anew",
        severity=Severity.WARNING,
        revision=revision,
        object=f"column {name}.{column}",
        evidence=[
            *showing.statements(one for one in descent.writes.found if one.kind == "dropped"),
            *showing.changed(name, column, values, heads=("before the upgrade", "after the downgrade")),
        ],
        remedy=f"Change the column in downgrade(), instead of dropping it: `{execute(alter)}`; what depended on it (a"
        " type, an extension) can be dropped afterwards, without CASCADE. Rows affected in production, before the"
        f" downgrade: `SELECT count({written}) FROM {showing.quoted(name)}`.",
    )


def _swap_told(experiment: Experiment, descent: Descent, table: Matched, one: Swap) -> Finding:
    name, revision = table.before, experiment.revision
    values = list(dict.fromkeys((old, new) for _, old, new in one.changes))
    how = (
        f"and {name}.{one.other} the wrong way round: each holds what the other held"
        if one.other
        else f"with its values swapped: {' and '.join(f'{old!r} came back as {new!r}' for old, new in values[:2])}"
    )
    return DOWNGRADE_KEEPS_ROWS.finding(
        f"After {revision} and its downgrade, {name}.{one.column} is back {how}.",
        kind="swapped",
        severity=Severity.WARNING,
        revision=revision,
        object=f"column {name}.{one.column}",
        consequence="One of the two mappings is wrong. If it is that of the upgrade, the values are wrong in production"
        " from the deployment on.",
        evidence=[
            *showing.statements(descent.writes.to({name.name, table.after.name}, "update", "copied")),
            *showing.changed(name, one.column, one.changes, heads=("before the upgrade", "after the downgrade")),
        ],
        remedy=f"Compare what downgrade() sets {one.column} to with the statement that copied its values away, in this"
        " revision or one below, and fix the one that has them swapped. Rows affected in production:"
        f" `SELECT count({showing.identifier(one.column)}) FROM {showing.quoted(name)}`.",
    )


DOWNGRADE_WITH_ROWS = Check(
    id="downgrade-with-rows",
    area="data",
    title="Every downgrade passes on the rows that the schema after the upgrade allows, or says why not.",
    reason="The release can't be rolled back: it has written rows that the older schema refuses.",
    remedy="Fix the rows in downgrade(), before the statement that fails on them; or raise an error that says what to"
    " do first.",
    scope="revision",
    examine=_with_rows,
    keywords=("rows", "downgrade"),
)

DOWNGRADE_KEEPS_ROWS = Check(
    id="downgrade-keeps-rows",
    area="data",
    title="A downgrade brings back the values that its upgrade has moved, each where it was.",
    reason="After a rollback values are gone that were in the database all the time.",
    remedy="Copy the values back in downgrade().",
    scope="revision",
    examine=_keeps,
    keywords=("rows", "downgrade"),
)
