"""Rows that only the newer schema allows, and what the older release can do with them once it was rolled back."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from schemaproof.catalog import Difference, Identity, diff
from schemaproof.migration.lines.quoting import quoted
from schemaproof.migration.populated import Populated, PopulatedStates
from schemaproof.postgres import Database
from schemaproof.proofs.releases.affected import Name
from schemaproof.proofs.releases.asking import Refusal, ask
from schemaproof.proofs.releases.experiment import Trial, connected
from schemaproof.proofs.releases.literals import Literals
from schemaproof.proofs.releases.samples import Cells, Sample, samples
from schemaproof.proofs.releases.statements import Statement, Written, inserted

if TYPE_CHECKING:
    from schemaproof.migration.history import History

_DOWNGRADES = 4  # of one deployment: each is a run of env.py
# A refusal of these classes is of the values: data exceptions, integrity constraints, what a trigger raises.
_OF_VALUES = ("22", "23", "P0001")
_OF_OTHER_ROWS = frozenset({"23503", "23001", "23505", "23P01"})
# The views that show rows of a table, also through other views.
_VIEWS = b"""
    WITH RECURSIVE above (oid) AS (SELECT $1::regclass::oid UNION SELECT r.ev_class FROM above
        JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = above.oid
        JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid)
    SELECT n.nspname::text, c.relname::text FROM above JOIN pg_class c USING (oid)
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v' ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Newer:
    """A row that the newer schema takes, and the older one does not.

    Attributes:
        table: where.
        column: whose value is the reason.
        text: that value; None for NULL.
        insert: the newer release's statement.
        refusal: what the older schema says.
    """

    table: Name
    column: str
    text: str | None
    insert: str
    refusal: Refusal


@dataclass(frozen=True)
class Stranded:
    """Such a row that the downgrade leaves, and a statement of the older release that fails on it.

    Attributes:
        newer: the row.
        statement: the older release's; None where the value is a label that its enum has not.
        refusal: what the server says.
    """

    newer: Newer
    statement: Statement | None = None
    refusal: Refusal | None = None


def stranded(history: "History", trial: Trial) -> Iterator[Stranded]:
    """What the downgrades of the deployment leave that the older release fails on, one for each column."""
    if not any(_loosens(one) for one in diff(trial.before, trial.after)):
        return
    states = history.kept(PopulatedStates)
    before, after = states.at(trial.places.start), states.at(trial.places[-1] + 1)
    for newer in _newer(before.database, after.database, trial):
        with after.clone() as database:
            with connected(database) as connection:
                connection.execute(newer.insert.encode())
            if not _taken_back(states, database, trial.places):
                continue  # which the area of rows tells
            found = _failing(database, trial, newer)
        if found is not None and not _fails_anyway(states, after, trial, found):
            yield found


def _loosens(one: Difference) -> bool:
    """Whether the difference may allow what was not allowed before."""
    kind, attribute = one.identity.kind, one.attribute
    if kind in {"constraint", "trigger", "function", "domain", "type", "rule"}:
        return one.kind != "extra"
    return kind == "column" and attribute in {"not null", "type"} and one.before is not False


def _newer(before: Database, after: Database, trial: Trial) -> list[Newer]:
    """The first such row of each column that has one."""
    names = [one for one in trial.affected.relations if one in trial.newer]
    with connected(after) as connection:
        found, types = samples(connection, names)
        literals = Literals(types, trial.literals.driver)
        older = {(one.table.schema, one.table.name): one for one in trial.samples}
        tried = [
            one for new in found for one in _tried(older.get((new.table.schema, new.table.name)), new, trial, literals)
        ]
        taken = ask(connection, [insert for *_, insert in tried])
    tried = [one for one, refusal in zip(tried, taken, strict=True) if refusal is None]
    with connected(before) as connection:
        refusals = ask(connection, [text for _, _, _, text, _ in tried])
    rows = {
        (table, column): Newer(table, column, text, insert, refusal)
        for (table, column, text, _, insert), refusal in reversed([*zip(tried, refusals, strict=True)])
        if refusal is not None and refusal.code.startswith(_OF_VALUES) and refusal.code not in _OF_OTHER_ROWS
    }
    return [*reversed(rows.values())][:_DOWNGRADES]


def _tried(
    old: Sample | None, new: Sample, trial: Trial, literals: Literals
) -> Iterator[tuple[Name, str, str | None, str, str]]:
    """Table, column and value of each row to try, with the insert of the older release and that of the newer one."""
    if old is None or old.full is None or new.full is None:
        return
    table: Name = (new.table.schema, new.table.name)
    written = Written(new, literals, trial.affected)
    free = [one for one in new.table.columns.values() if not one.generated and not one.counted]
    common = [one for one in free if one.name in old.table.columns and not old.table.columns[one.name].generated]
    known = [old.table.columns[one.name] for one in common]
    row: Cells = {**new.full, **{one.name: old.full[one.name] for one in common}}
    for column in common:
        for text in written.values(column):
            changed = {**row, column.name: text}
            texts = inserted(trial.literals, table, known, changed), inserted(literals, table, free, changed)
            yield table, column.name, text, *texts


def _taken_back(states: PopulatedStates, database: Database, places: range) -> bool:
    return all(states.run(database, place, "downgrade").error is None for place in reversed(places))


def _failing(database: Database, trial: Trial, newer: Newer) -> Stranded | None:
    statements = _statements(trial, newer)
    with connected(database) as connection:
        statements += _views(connection, trial, newer, {one.relation for one in statements})
        refusals = ask(connection, [one.text for one in statements])
        for one, refusal in zip(statements, refusals, strict=True):
            if refusal is not None and refusal.code.startswith((*_OF_VALUES, "42")):
                return Stranded(newer, one, refusal)
        return Stranded(newer) if _is_unknown_label(connection, trial, newer) else None


def _statements(trial: Trial, newer: Newer) -> list[Statement]:
    """What the older release does with rows that it has not written: it reads them, and writes their values again."""
    found = [
        one
        for one in trial.working
        if (one.verb == "read" or (one.verb == "update" and not one.what))
        and (one.relation == newer.table or trial.older[one.relation].kind in {"v", "m"})
    ]
    # What an application does every day comes first.
    keys = {name for each in trial.samples for name in each.primary}
    return sorted(found, key=lambda one: one.column in keys or one.column == newer.column)


def _views(
    connection: "psycopg.Connection[tuple[object, ...]]", trial: Trial, newer: Newer, asked: Collection[Name]
) -> list[Statement]:
    """Reads of the older release's views that show such a row, be it that nothing of them was changed."""
    with psycopg.RawCursor(connection) as cursor:
        found = cursor.execute(_VIEWS, [quoted(*newer.table)]).fetchall()
    names: list[Name] = [(str(schema), str(name)) for schema, name in found]
    known = [one for one in names if Identity("view", one[0], "", one[1]) in trial.before.objects]
    texts = {one: f"SELECT * FROM {quoted(*one)}" for one in known if one not in asked}  # noqa: S608 (names are quoted)
    return [Statement(one, "read", text) for one, text in texts.items()]


def _is_unknown_label(connection: "psycopg.Connection[tuple[object, ...]]", trial: Trial, newer: Newer) -> bool:
    """Whether the value is still there, and none that the older release's enum has a name for."""
    sample = next(one for one in trial.samples if (one.table.schema, one.table.name) == newer.table)
    kind = trial.literals.base(sample.table.columns[newer.column])
    if kind is None or not kind.labels or newer.text is None or newer.text in kind.labels:
        return False
    query = f"SELECT EXISTS (SELECT FROM {quoted(*newer.table)} WHERE {quoted(newer.column)}::text = %s)"  # noqa: S608 (quoted)
    try:
        (there,) = connection.execute(query.encode(), [newer.text]).fetchone() or (False,)
    except psycopg.Error:
        return False
    return bool(there)


def _fails_anyway(states: PopulatedStates, after: Populated, trial: Trial, found: Stranded) -> bool:
    """Whether the statement fails after the downgrades without the row too."""
    if found.statement is None:
        return False
    with after.clone() as database:
        if not _taken_back(states, database, trial.places):
            return True
        with connected(database) as connection:
            return ask(connection, [found.statement.text]) != [None]
