"""Whether every upgrade passes on tables that hold rows."""

from collections.abc import Iterator, Mapping

from schemaproof.check import Check
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.migration.environment import sqlstate
from schemaproof.migration.history import History
from schemaproof.migration.lines.operations import execute
from schemaproof.migration.stairway import Stairs
from schemaproof.proofs.data import showing, written
from schemaproof.proofs.data.backfills import BACKFILL_COMPLETE
from schemaproof.proofs.data.counting import columns_of, count_query, counted, cutting, label_query, partition_query
from schemaproof.proofs.data.downgrades import DOWNGRADE_KEEPS_ROWS, DOWNGRADE_WITH_ROWS
from schemaproof.proofs.data.generators import GENERATORS_AHEAD
from schemaproof.proofs.data.inhabited import Inhabited
from schemaproof.proofs.data.privileges_kept import PRIVILEGES_KEPT
from schemaproof.proofs.data.refusals import Refused, code_line, said
from schemaproof.proofs.data.required import Required
from schemaproof.proofs.data.rows_kept import ROWS_KEPT
from schemaproof.proofs.data.sessions import SESSION_INDEPENDENT
from schemaproof.proofs.data.snapshot import Name
from schemaproof.proofs.data.values_kept import VALUES_KEPT
from schemaproof.rows.filling import REFERS


def _with_rows(history: History, revision: str) -> Iterator[Finding]:
    stairs = history.stairs(revision)
    if stairs.up.error is not None or not stairs.recorded:
        return  # it fails whatever the tables hold
    if history.alone:
        if history.is_first(revision):
            yield UPGRADE_WITH_ROWS.finding(
                "No upgrade was run on tables with rows: the revisions create and drop roles, which belong to the whole"
                " server.",
                kind="roles",
                severity=Severity.NOTE,
                consequence="Whether the upgrades pass on production's rows is not known.",
                remedy='Create the roles outside of migrations and name them in [tool.schemaproof], roles = ["..."]:'
                " revisions that only use roles can be run on tables with rows.",
            )
        return
    inhabited = history.kept(Inhabited)
    refused = inhabited.examine(history.positions[revision])
    if refused is not None:
        yield _told(refused, stairs, history.server.version)
    yield from _unfilled(inhabited.newly_unfilled(history.positions[revision]), revision)


def _unfilled(tables: Mapping[str, str], revision: str) -> Iterator[Finding]:
    """The tables that got no rows from ``revision`` on, with the reason; what only refers to such a one goes along."""
    below = {name: why for name, why in tables.items() if why.startswith(REFERS)}
    for name, why in tables.items():
        if name in below and len(below) < len(tables):
            continue
        others = [other for other in below if other != name]
        yield UPGRADE_WITH_ROWS.finding(
            f"No row could be made for {name} after {revision}: later upgrades meet it empty.",
            kind="no rows",
            severity=Severity.NOTE,
            revision=revision,
            object=f"table {name}",
            evidence="\n".join([why, *([f"empty with it: {', '.join(others)}"] if others else [])]),
            consequence="What later upgrades do to its rows in production is not known.",
            remedy='Say what its rows are like: in [tool.schemaproof], rows = "tests.rows:STRATEGIES", and there'
            f' STRATEGIES = {{"{name}": st.fixed_dictionaries({{...}})}} with a value for each column that it wants.',
        )
        if name in below:
            return  # a cycle of them


def _told(refused: Refused, stairs: Stairs, release: int) -> Finding:
    revision = stairs.revision
    evidence = [*refused.rows, refused.run.told]
    if refused.deliberate:
        return UPGRADE_WITH_ROWS.finding(
            f"The upgrade to {revision} refuses to run on tables with rows: {_first_line(refused)}",
            kind="refuses",
            severity=Severity.NOTE,
            revision=revision,
            evidence=evidence,
            consequence="The deployment stops here until what the error asks for is done.",
            remedy="Do in production what the error asks for, then deploy.",
        )
    if refused.outside:
        return UPGRADE_WITH_ROWS.finding(
            f"The upgrade to {revision} could not be tried on tables with rows: for them it needs something outside of"
            f" the database ({_first_line(refused)}).",
            kind="outside",
            severity=Severity.NOTE,
            revision=revision,
            evidence=evidence,
            consequence="Whether it passes on production's rows is not known.",
            remedy="Start what it needs (see the error) and run `schemaproof verify` again.",
        )
    if refused.older:
        return UPGRADE_WITH_ROWS.finding(
            f"The upgrade to {revision} fails on rows from before earlier revisions, which could not be inserted today."
            "",
            kind="older rows",
            severity=Severity.NOTE,
            revision=revision,
            evidence=evidence,
            consequence="Where production still has such rows, the deployment stops here.",
            remedy=f"Look for such rows in production before you deploy {revision}, or fix them in its upgrade().",
            causes=[Cause(BACKFILL_COMPLETE.id, revision)],
        )
    table = f"table {'.'.join(refused.tables[0])}" if refused.tables else None
    where = f"as soon as {'.'.join(refused.tables[0])} holds a row" if refused.tables else "as soon as there are rows"
    return UPGRADE_WITH_ROWS.finding(
        f"The upgrade to {revision} fails {where}."
        if refused.any_row
        else f"The upgrade to {revision} fails on rows that the schema before it allows"
        + (f": {refused.kind}." if refused.kind else "."),
        kind="any row" if refused.any_row else "some rows",
        severity=Severity.ERROR if refused.any_row else Severity.WARNING,
        revision=revision,
        object=table,
        evidence=evidence,
        remedy=_remedy(refused, stairs, release),
        causes=[Cause(BACKFILL_COMPLETE.id, revision)],
    )


def _first_line(refused: Refused) -> str:
    return str(refused.run.error).partition("\n")[0]


def _remedy(refused: Refused, stairs: Stairs, release: int) -> str:
    """What to write, and how to count the rows affected in production on a server of this ``release``."""
    error = refused.run.error
    if refused.any_row and (line := code_line(refused.run)):
        return f"Fix the code at {line}: it fails on any row, and where there are none nobody notices."
    where = refused.tables[0] if refused.tables else None
    if by_statement := written.remedy(refused.run, stairs, where, release):
        return by_statement
    place = Required.of(error)
    if place is not None and refused.any_row:
        every, _ = _of_all((place.schema, place.relation), stairs)  # here it is each of them
        give = f"Give {place.column} a server_default; or add it nullable, fill it, and then `{place.requiring}`."
        return give + counted((every, ""))
    if place is not None:
        return f"Backfill it first: `{place.filling}`." + counted(_of_required(place, stairs))
    code = sqlstate(error) or ""
    if code == "23514" and not said(error, "constraint_name") and "partition" in str(error):
        return _of_partition(refused, said(error, "table_name"), stairs)
    table = (showing.quoted_name(where) if where else said(error, "table_name")) or "..."
    counting = count_query(error, where, stairs)
    advice = _ADVICE.get(code, UPGRADE_WITH_ROWS.remedy).replace("{table}", table)
    if code == "22P02":
        advice = advice.replace("{update}", execute(label_query(error, counting, table)))
    advice = advice.replace("{cut}", cutting(error, where, stairs))
    return advice + counted((counting, "") if counting else _of_all(where, stairs))


def _of_required(place: Required, stairs: Stairs) -> tuple[str, str]:
    """The rows without a value; where the revision itself adds the column, any of the table may be one."""
    if place.identity in stairs.before.objects:
        return f"SELECT count(*) FROM {place.table} WHERE {place.name} IS NULL", ""
    return _of_all((place.schema, place.relation), stairs)


def _of_all(table: Name | None, stairs: Stairs) -> tuple[str, str]:
    """All rows of ``table``, as the most that there may be; nothing where the revision makes the table."""
    if table is None or not columns_of(stairs.before, table):
        return "", ""
    return f"SELECT count(*) FROM {showing.quoted_name(table)}", ", at most"


def _of_partition(refused: Refused, default: str, stairs: Stairs) -> str:
    """How the rows of the default partition get into the new one."""
    whole = showing.quoted_name(refused.tables[0]) if refused.tables else "..."
    rest = showing.identifier(default) if default else "..."
    schema = said(refused.run.error, "schema_name") or "public"
    count = partition_query(stairs, refused.tables[0], (schema, default)) if refused.tables and default else "..."
    taken = count.partition(" WHERE ")[2] or "..."
    return (
        f"Move them in this revision: `{execute(f'ALTER TABLE {whole} DETACH PARTITION {rest}')}`, create the new one,"
        f" then `{execute(f'INSERT INTO {whole} SELECT * FROM {rest} WHERE {taken}')}`,"
        f" `{execute(f'DELETE FROM {rest} WHERE {taken}')}` and"
        f" `{execute(f'ALTER TABLE {whole} ATTACH PARTITION {rest} DEFAULT')}`. Rows affected in production: `{count}`."
    )


# By the server's error code: what to do.
_ADVICE = {
    "55006": 'Run the deferred checks before the ALTER TABLE: `op.execute("SET CONSTRAINTS ALL IMMEDIATE")`.',
    "25P02": "Let the error through; to go on after it, run the statement in a savepoint of its own:"
    " `with op.get_bind().begin_nested():`.",
    "22001": "Say in the revision what becomes of longer values: {cut}.",
    "22003": "Say in the revision what becomes of greater numbers, in USING or by an UPDATE before it.",
    "22P02": "Give the rows with the value above another one first: `{update}`.",
    "23505": "Merge or delete the duplicates in this revision, before it creates the unique index.",
    "23503": "Delete the orphaned rows, or give them a parent, in this revision, before it adds the foreign key.",
    "23514": "Update the rows that violate the CHECK in this revision, before it adds the constraint.",
}


UPGRADE_WITH_ROWS = Check(
    id="upgrade-with-rows",
    area="data",
    title="Every upgrade passes on tables with rows, whatever rows the schema before it allows.",
    reason="Tests migrate empty tables and see nothing; the deployment fails at the first such row.",
    remedy="Fix the rows in this revision, before the statement that fails on them; or raise an error that says what to"
    " do first.",
    scope="revision",
    examine=_with_rows,
    keywords=("rows",),
)

CHECKS = (
    UPGRADE_WITH_ROWS,
    ROWS_KEPT,
    VALUES_KEPT,
    PRIVILEGES_KEPT,
    BACKFILL_COMPLETE,
    GENERATORS_AHEAD,
    SESSION_INDEPENDENT,
    DOWNGRADE_WITH_ROWS,
    DOWNGRADE_KEEPS_ROWS,
)
