"""Values that change though nobody asked for it, or are lost."""

from collections.abc import Iterator, Mapping, Sequence

from schemaproof.catalog import Identity
from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import History
from schemaproof.migration.lines.operations import execute
from schemaproof.proofs.data import showing
from schemaproof.proofs.data.copies import Copy, lost_in_copies
from schemaproof.proofs.data.dropped import lost_in_moves, renamed
from schemaproof.proofs.data.drops import drops
from schemaproof.proofs.data.drops import told as as_note
from schemaproof.proofs.data.inhabited import Experiment
from schemaproof.proofs.data.matching import Matched
from schemaproof.proofs.data.overwritten import Overwriting, defaults_replaced, overwriting, overwritten
from schemaproof.proofs.data.passing import passed
from schemaproof.proofs.data.reaching import reached, referring, without
from schemaproof.proofs.data.retyped import Loss, loss
from schemaproof.proofs.data.snapshot import Cells, Column
from schemaproof.proofs.data.swapped import Crossing, crossings
from schemaproof.proofs.data.triggers import Trigger, culprits, triggers_of
from schemaproof.proofs.data.writes import Write

type Changes = Sequence[tuple[Cells, Cells, str | None, str | None]]

_RECOGNISED = 3  # characters


def _values(history: History, revision: str) -> Iterator[Finding]:
    experiment = passed(history, revision)
    if experiment is None:
        return
    told = set()
    for one in _lost(history, experiment):
        told.add(one.object or "")
        yield one
    yield from (as_note(VALUES_KEPT, experiment, one) for one in drops(experiment, told))


def _lost(history: History, experiment: Experiment) -> Iterator[Finding]:
    revision = experiment.revision
    for table in experiment.matched:
        if table.rebuilt:
            continue
        for name, column in table.columns.items():
            finding = _column(history, experiment, table, table.before.columns[name], column)
            if finding is not None:
                yield finding
        twice = [*overwritten(experiment, table)]
        yield from (_overwritten(experiment, table, *one) for one in twice)
        columns = {column for column, *_ in twice}
        yield from (_overwriting(experiment, table, one) for one in overwriting(experiment, table, columns))
        replaced = defaults_replaced(experiment, table, _defaults(history, experiment, table))
        yield from (_default_replaced(experiment, table, one) for one in replaced)
        for one in renamed(experiment, table):
            yield _as_rename(experiment, table, *one)
    yield from (_copied(experiment, one) for one in lost_in_copies(experiment))
    yield from (_crosswise(experiment, one) for one in crossings(experiment))
    for move in lost_in_moves(experiment):
        yield VALUES_KEPT.finding(
            f"{revision} moves {move.table}.{move.column} and loses {len(move.lost)} of {move.count} values: the join"
            " finds nothing for them.",
            kind="moved",
            severity=Severity.NOTE if experiment.irreversible else Severity.ERROR,
            revision=revision,
            object=f"column {move.table}.{move.column}",
            evidence=[*showing.statements(move.writes), *showing.rows(move.table, move.lost, "loses", [move.column])],
            remedy="Write LEFT JOIN in place of JOIN. Rows affected in production:"
            f" `{without(move.table, move.lost, f'{showing.identifier(move.column)} IS NOT NULL')}`.",
        )


def _overwritten(experiment: Experiment, table: Matched, column: str, first: Write, second: Write) -> Finding:
    name, written = showing.quoted(table.after), showing.identifier(column)
    rows = [other for _, other in table.pairs]
    return VALUES_KEPT.finding(
        f"{experiment.revision} writes {table.after}.{column} twice: the second UPDATE has no condition, and overwrites"
        " what the first wrote.",
        kind="written twice",
        severity=Severity.ERROR,
        revision=experiment.revision,
        object=f"column {table.after}.{column}",
        evidence=[*showing.statements([first, second]), *showing.rows(table.after, rows, "holds after both", [column])],
        remedy=f"Give the second its condition: `WHERE {written} IS NULL`, if it is for the rows that the first leaves;"
        f" or drop the first. Rows affected in production: `SELECT count(*) FROM {first.reaching or name}`.",
    )


def _overwriting(experiment: Experiment, table: Matched, one: Overwriting) -> Finding:
    name, column = showing.quoted(table.before), showing.identifier(one.column)
    return VALUES_KEPT.finding(
        f"{experiment.revision} overwrites {table.before}.{one.column} in every row: the UPDATE has no condition, and"
        f" {len(one.changes)} of {len(table.pairs)} rows had another value.",
        kind="overwritten",
        severity=Severity.NOTE,
        revision=experiment.revision,
        object=f"column {table.before}.{one.column}",
        evidence=[*showing.statements([one.write]), *showing.changed(table.before, one.column, one.changes)],
        consequence="After the deployment only a backup has the old values.",
        remedy=f"If it is for the rows without a value, say so: `WHERE {column} IS NULL`. Rows affected in production:"
        f" `SELECT count({column}) FROM {name}`.",
    )


def _defaults(history: History, experiment: Experiment, table: Matched) -> Mapping[str, str]:
    """What the table's columns get in a new row, where the catalog says so."""
    catalog = history.stairs(experiment.revision).first
    found = catalog.objects if catalog is not None else {}
    schema, name = table.after.name
    given = {one: found.get(Identity("column", schema, name, one), {}).get("default") for one in table.after.columns}
    return {one: str(default) for one, default in given.items() if default}


def _default_replaced(experiment: Experiment, table: Matched, one: Overwriting) -> Finding:
    name, column, default = showing.quoted(table.after), showing.identifier(one.column), one.changes[0][1]
    value = one.changes[0][2]
    return VALUES_KEPT.finding(
        f"{experiment.revision} adds {table.after}.{one.column} with the default {default} and sets it to {value!r} in"
        " every row: the UPDATE has no condition, and no row keeps the default.",
        kind="default replaced",
        severity=Severity.NOTE,
        revision=experiment.revision,
        object=f"column {table.after}.{one.column}",
        evidence=showing.statements([one.write]),
        consequence=f"All rows that are there have {value!r}, and new ones the default.",
        remedy="If some rows were to keep the default, say which get the value: `WHERE ...`. If none were, ADD COLUMN"
        f" with DEFAULT {value!r} and then `ALTER TABLE {name} ALTER {column} SET DEFAULT {default}` does the same and"
        f" writes no row. Rows affected in production: `SELECT count(*) FROM {name}`.",
    )


def _crosswise(experiment: Experiment, one: Crossing) -> Finding:
    (first, second), source, target = one.columns, one.source, one.target
    listed = f"{showing.identifier(first)}, {showing.identifier(second)}"
    return VALUES_KEPT.finding(
        f"{experiment.revision} copies {source}.{first} into {target}.{second}, and {source}.{second} into"
        f" {target}.{first}.",
        kind=f"crosswise into {first} and {second}",
        severity=Severity.WARNING,
        revision=experiment.revision,
        object=f"table {target}",
        evidence=[*showing.statements([one.write]), *showing.rows(target, one.rows, "holds", [first, second])],
        remedy="Name the columns in the order in which the query gives them: `INSERT INTO"
        f" {showing.quoted(target)} (..., {listed}) SELECT ..., {listed} FROM ...`. Rows affected in production:"
        f" `SELECT count(*) FROM {showing.quoted(source)}`.",
    )


def _copied(experiment: Experiment, copy: Copy) -> Finding:
    key, column = showing.identifier(copy.source.primary[0]), showing.identifier(copy.column)
    source, target = showing.quoted(copy.source), showing.quoted(copy.target)
    own, place = showing.identifier(copy.key), showing.identifier(copy.place)
    rest = (
        f"FROM {source} s WHERE s.{column} IS NOT NULL AND NOT EXISTS (SELECT FROM {target} t WHERE t.{own} = s.{key})"
    )
    return VALUES_KEPT.finding(
        f"{experiment.revision} drops {copy.source}.{copy.column}; {len(copy.lost)} of its {copy.count} values are not"
        f" in {copy.target}.{copy.place}, where the others were copied.",
        kind="copied in part",
        severity=Severity.NOTE if experiment.irreversible else Severity.ERROR,
        revision=experiment.revision,
        object=f"column {copy.source}.{copy.column}",
        evidence=[
            *showing.statements(experiment.writes.to({copy.source.name}, "dropped")),
            *showing.rows(copy.source, copy.lost, "loses", [copy.column]),
        ],
        remedy="Copy the rest before the drop, or write LEFT JOIN where they are copied:"
        f" `{execute(f'INSERT INTO {target} ({own}, {place}) SELECT s.{key}, s.{column} {rest}')}`. Rows affected in"
        f" production: `SELECT count(*) {rest}`.",
    )


def _column(history: History, experiment: Experiment, table: Matched, was: Column, now: Column) -> Finding | None:
    if was.generated or now.generated:
        return None
    changes = [
        (row, other, row[was.name], other[now.name])
        for row, other in table.pairs
        if row[was.name] is not None and row[was.name] != other[now.name]
    ]
    if not changes:
        return None
    if was.type != now.type:
        lost = loss(experiment, table, was, now, [(row, old, new) for row, _, old, new in changes])
        return _retyped(experiment, table, was, now, lost) if lost else None
    names = {table.before.name, table.after.name}
    if experiment.writes.sets(names, {was.name, now.name}) or _inserted_again(experiment, table):
        return None
    if any(was.name in key.columns for key in table.before.keys):
        return _reference(experiment, table, was, changes)
    return _triggered(experiment, table, now, changes, _triggers(history, experiment, table, now.name))


def _inserted_again(experiment: Experiment, table: Matched) -> bool:
    names = {table.before.name, table.after.name}
    return bool(experiment.writes.to(names, "delete", "truncate") and experiment.writes.to(names, "insert", "copied"))


def _retyped(experiment: Experiment, table: Matched, was: Column, now: Column, lost: Loss) -> Finding:
    name, column = showing.quoted(table.after), showing.identifier(now.name)
    return VALUES_KEPT.finding(
        f"{experiment.revision} changes values of {table.before}.{was.name} with its type, {was.type} to {now.type}:"
        f" {lost.how}.",
        kind="retyped",
        severity=Severity.NOTE if experiment.irreversible else Severity.ERROR,
        revision=experiment.revision,
        object=f"column {table.before}.{was.name}",
        evidence=[*showing.statements(lost.writes), *showing.changed(table.before, was.name, lost.changes)],
        remedy=lost.remedy.format(table=name, column=column),
    )


def _reference(experiment: Experiment, table: Matched, was: Column, changes: Changes) -> Finding | None:
    """A key that is NULL now since its row was deleted as a duplicate of one that stays."""
    emptied = [(row, old, new) for row, _, old, new in changes if new is None]
    key = next(one for one in table.before.keys if was.name in one.columns)
    parent = next((one for one in experiment.matched if one.before.oid == key.parent), None)
    if not emptied or parent is None or not any(_has_twin(parent, row) for row in parent.vanished):
        return None
    causes = experiment.writes.to({parent.before.name}, "delete", "truncate")
    child, column = showing.quoted(table.before), showing.identifier(was.name)
    update = f"UPDATE {child} SET {column} = ... WHERE {column} IN (...)"
    count = referring(table.before, key, parent.before, causes)
    return VALUES_KEPT.finding(
        f"{experiment.revision} sets {table.before}.{was.name} to NULL in {len(emptied)} of {len(table.pairs)} rows:"
        f" it deletes duplicates in {parent.before} that they refer to (ON DELETE SET NULL).",
        kind="duplicates deleted",
        severity=Severity.NOTE if experiment.irreversible else Severity.ERROR,
        revision=experiment.revision,
        object=f"column {table.before}.{was.name}",
        evidence=[*showing.statements(causes), *showing.changed(table.before, was.name, emptied)],
        remedy=f"Before the DELETE, point them to the row that stays: `{execute(update)}`. Rows affected in"
        f" production: `{count}`.",
    )


def _has_twin(parent: Matched, row: Cells) -> bool:
    """Whether a row that stays has the same values, but for the key."""
    others = [name for name in row if name not in parent.before.primary and row[name] is not None]
    return any(all(one[name] == row[name] for name in others) for one, _ in parent.pairs) if others else False


def _triggered(
    experiment: Experiment, table: Matched, now: Column, changes: Changes, triggers: Sequence[Trigger]
) -> Finding | None:
    was = next(table.before.columns[name] for name, one in table.columns.items() if one == now)
    if not triggers or "tsvector" in was.type:
        return None
    updates = experiment.writes.to({table.before.name, table.after.name}, "update")
    row = changes[0][1]
    if not experiment.by_chance(table.after, row, now.name) and (
        any(one.touched for one in updates) or all(_follows(now, *change[1:]) for change in changes)
    ):
        return None
    fired = [one for one in experiment.writes.found if any(trigger.fires_on(one) for trigger in triggers)]
    own = {table.before.name, table.after.name}
    first = triggers[0].table
    rows = table.before if first in own else experiment.before.named(first)
    counting = f" Rows affected in production: `{reached(rows, fired)}`." if rows is not None else ""
    names = ", ".join(one.name if one.table in own else f"{one.name} of {'.'.join(one.table)}" for one in triggers)
    does = f"the triggers {names} do" if len(triggers) > 1 else f"the trigger {names} does"
    return VALUES_KEPT.finding(
        f"{experiment.revision} changes {table.before}.{was.name} in {len(changes)} of {len(table.pairs)} rows, though"
        f" no statement sets it: {does}.",
        kind="trigger",
        revision=experiment.revision,
        object=f"column {table.before}.{was.name}",
        evidence=[
            *showing.statements(fired or updates or experiment.writes.found),
            *showing.changed(table.before, was.name, [(row, old, new) for row, _, old, new in changes]),
        ],
        remedy=f"Keep it from firing: {_disabling(triggers)} before the statement, and ENABLE TRIGGER after it."
        + counting,
    )


def _disabling(triggers: Sequence[Trigger]) -> str:
    """The lines that disable them, one for each table."""
    tables = dict.fromkeys(one.table for one in triggers)
    actions = {
        name: ", ".join(f"DISABLE TRIGGER {showing.identifier(one.name)}" for one in triggers if one.table == name)
        for name in tables
    }
    lines = (execute(f"ALTER TABLE {showing.quoted_name(name)} {actions[name]}") for name in tables)
    return " and ".join(f"`{line}`" for line in lines)


def _triggers(history: History, experiment: Experiment, table: Matched, column: str) -> list[Trigger]:
    """Those that may have changed the column; where reading shows none, all of the table, or of those written to."""
    stairs = history.stairs(experiment.revision)
    known = triggers_of((stairs.before, stairs.first))
    names = {table.before.name, table.after.name}
    own = [one for one in known if one.table in names]
    near = own or [one for one in known if experiment.writes.to({one.table}, "update", "delete")]
    return near and (culprits(known, experiment.writes, experiment.functions, names, column) or near)


def _follows(column: Column, row: Cells, old: str | None, new: str | None) -> bool:
    """Whether the new value is made of others of the row, as a trigger does that keeps columns in step; or counts."""
    if new is None or old is None:
        return False
    try:
        if int(new) == int(old) + 1:
            return True
    except ValueError:
        pass
    others = [text for name, text in row.items() if name != column.name and text and len(text) >= _RECOGNISED]
    return any(text.lower() in new.lower() or new.lower() in text.lower() for text in others)


def _as_rename(experiment: Experiment, table: Matched, old: str, new: str) -> Finding:
    name = table.after.name[1]
    source = showing.quoted(table.before)
    count = f"SELECT count(*) FROM {source} WHERE {showing.identifier(old)} IS NOT NULL"
    same = old == new
    update = f"UPDATE {source} SET {showing.identifier(new)} = {showing.identifier(old)}"
    return VALUES_KEPT.finding(
        f"{experiment.revision} drops {table.before}.{old} with its values and adds it anew, empty."
        if same
        else f"{experiment.revision} drops {table.before}.{old} with its values and adds {new}, empty, of its type.",
        kind="added anew",
        severity=Severity.NOTE if experiment.irreversible else Severity.ERROR,
        revision=experiment.revision,
        object=f"column {table.before}.{old}",
        evidence=[
            *showing.statements(experiment.writes.to({table.before.name, table.after.name}, "dropped")),
            *showing.changed(
                table.after,
                old,
                [(row, row[old], other[new]) for row, other in table.pairs if row[old] is not None],
            ),
        ],
        remedy=(
            f'Change the column in place: `op.alter_column("{name}", "{old}", ...)`.'
            if same
            else f'Rename it: `op.alter_column("{name}", "{old}", new_column_name="{new}")`; or copy the values before'
            f" the drop: `{execute(update)}`."
        )
        + f" Rows affected in production: `{count}`.",
    )


VALUES_KEPT = Check(
    id="values-kept",
    area="data",
    title="No upgrade changes or loses a value, unless a statement sets its column.",
    reason="Values are wrong or gone after the deployment, and nobody notices: no statement failed.",
    remedy="Set the column by a statement of its own, or keep its values.",
    scope="revision",
    examine=_values,
    keywords=("rows", "values"),
)
