"""Whether what an upgrade makes of rows depends on the session that runs it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from schemaproof.check import Check
from schemaproof.finding import Finding
from schemaproof.migration.environment import Run
from schemaproof.migration.history import History
from schemaproof.migration.lines.operations import execute
from schemaproof.proofs.data import showing
from schemaproof.proofs.data.inhabited import Experiment, Inhabited
from schemaproof.proofs.data.owners import owned, secured
from schemaproof.proofs.data.passing import passed
from schemaproof.proofs.data.paths import DEFAULT, SEARCH_PATH, at_home, in_front, schema_of
from schemaproof.proofs.data.snapshot import Cells, Name, Snapshot, Table

# What roles and databases have set otherwise, as ALTER ROLE and ALTER DATABASE do; see the manual, 20.11.
_USUAL = {"TimeZone": "UTC", "DateStyle": "ISO, MDY"}
_OTHERS = {"TimeZone": "Asia/Kathmandu", "DateStyle": "SQL, DMY"}
# For a project whose driver reads timestamps with time zones in ISO alone, as psycopg does: it runs nowhere else.
_READABLE = "ISO, DMY"


@dataclass(frozen=True)
class Other:
    """A value that depends on the session.

    Attributes:
        usual: the row with the usual settings.
        other: the row with the others; None where there is none.
        column: where they differ.
    """

    table: Table
    usual: Cells
    other: Cells | None
    column: str


def _independent(history: History, revision: str) -> Iterator[Finding]:
    experiment = passed(history, revision)
    if experiment is None or not _may_depend(experiment):
        return
    inhabited = history.kept(Inhabited)
    path = in_front(experiment)
    others = _OTHERS if path is None else {**_OTHERS, SEARCH_PATH: path}
    run, other = inhabited.repeat(experiment, others)
    if _is_unread(run.error):
        others = {**others, "DateStyle": _READABLE}
        run, other = inhabited.repeat(experiment, others)
    if run.error is not None or any(_differing(experiment.after, other)):
        usual_run, usual = inhabited.repeat(experiment, _USUAL)
        if usual_run.error is None and (run.error is not None or any(_stable(inhabited, experiment, usual, other))):
            yield from _by_setting(inhabited, experiment, usual, others)
    hiding = secured(experiment)
    if hiding:
        with owned(inhabited, experiment) as (run, other):
            if run.error is None and (found := [*_stable(inhabited, experiment, experiment.after, other)]):
                yield _as_owner(experiment, found, sorted(hiding))


def _may_depend(experiment: Experiment) -> bool:
    """Whether it writes rows, or changes types; what only creates objects is the same in every session."""
    return experiment.writes.opaque or any(one.kind not in {"dropped", "trigger"} for one in experiment.writes.found)


def _is_unread(error: BaseException | None) -> bool:
    """Whether the driver can't read what the server sends in this DateStyle."""
    while error is not None:
        if isinstance(error, NotImplementedError) and "DateStyle" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _by_setting(
    inhabited: Inhabited, experiment: Experiment, usual: Snapshot, others: Mapping[str, str]
) -> Iterator[Finding]:
    """Which of the settings it is."""
    for name, value in others.items():
        settings = {**_USUAL, name: value}
        for prepare in ((), at_home(schema_of(value))) if name == SEARCH_PATH else ((),):
            run, other = inhabited.repeat(experiment, settings, prepare)
            found = [] if run.error is not None else [*_stable(inhabited, experiment, usual, other)]
            if run.error is None and not found:
                break
        else:
            yield _told(experiment, name, value, run, found)


def _stable(inhabited: Inhabited, experiment: Experiment, usual: Snapshot, other: Snapshot) -> Iterator[Other]:
    """What differs between both, but for what is another each time."""
    found = [*_differing(usual, other)]
    if not found:
        return
    run, again = inhabited.repeat(experiment, _USUAL)
    chance = {(one.table.oid, one.column) for one in _differing(usual, again)} if run.error is None else set()
    yield from (one for one in found if (one.table.oid, one.column) not in chance)


def _differing(usual: Snapshot, other: Snapshot) -> Iterator[Other]:
    for table in usual.tables.values():
        there = other.named(table.name)
        if there is None or not (table.whole and there.whole):
            continue
        key = table.primary
        rows = {tuple(row[name] for name in key): row for row in there.rows} if key else {}
        for place, row in enumerate(table.rows):
            same = (
                rows.get(tuple(row[name] for name in key)) if key else next(iter(there.rows[place : place + 1]), None)
            )
            if same is None:
                yield Other(table, row, None, key[0] if key else next(iter(table.columns), ""))
                continue
            yield from (
                Other(table, row, same, name)
                for name, text in row.items()
                if same.get(name) != text and not (_is_today(text) and _is_today(same.get(name)))
            )


def _is_today(text: str | None) -> bool:
    """Whether it is the moment of the run, or its day, which is another one in other zones by itself."""
    today = datetime.now(UTC).date()
    return text is not None and text[:10] in {(today + timedelta(days=step)).isoformat() for step in (-1, 0, 1)}


def _told(experiment: Experiment, setting: str, other: str, run: Run, found: list[Other]) -> Finding:
    usual = _USUAL.get(setting, DEFAULT)
    remedy = _REMEDIES[setting].replace("{schema}", schema_of(other))
    written = [one for one in experiment.writes.found if one.kind not in {"dropped", "trigger"}]
    if not found:
        return SESSION_INDEPENDENT.finding(
            f"{experiment.revision} passes with {setting} {usual!r} and fails with {other!r}.",
            kind=f"fails by {setting}",
            revision=experiment.revision,
            object=None,
            evidence="\n".join([*showing.statements(written), run.told]),
            remedy=f"{remedy} Rows affected in production: all that its statements read or write.",
        )
    first = found[0]
    table, column = showing.quoted(first.table), showing.identifier(first.column)
    # A trigger or a function may write there too, and then any of them is behind it.
    concerned = [one for one in written if one.of({other.table.name for other in found})] or written
    others = list(dict.fromkeys(f"{one.table}.{one.column}" for one in found))[1:]
    shown = [
        (one.usual, one.usual[one.column], one.other[one.column] if one.other else None)
        for one in found
        if one.table == first.table and one.column == first.column
    ]
    return SESSION_INDEPENDENT.finding(
        f"What {experiment.revision} writes into {first.table}.{first.column} depends on {setting}: it is another with"
        f" {other!r} than with {usual!r}.",
        kind=f"values by {setting}",
        revision=experiment.revision,
        object=f"column {first.table}.{first.column}",
        evidence=[
            *showing.statements(concerned),
            *showing.changed(first.table, first.column, shown, heads=(f"with {usual}", f"with {other}")),
            *([f"the same of {', '.join(others)}"] if others else []),
        ],
        remedy=remedy + f" Rows affected in production: `SELECT count(*) FROM {table} WHERE {column} IS NOT NULL`.",
    )


def _as_owner(experiment: Experiment, found: list[Other], hiding: Sequence[Name]) -> Finding:
    """A finding on what the owner does not see: rows of the tables ``hiding``."""
    first = found[0]
    table, column = showing.quoted(first.table), showing.identifier(first.column)
    name = first.table.name if first.table.name in hiding else hiding[0]
    hidden, hides = showing.quoted_name(name), "them" if name == first.table.name else f"the rows of {'.'.join(name)}"
    same = [one for one in found if one.table == first.table and one.column == first.column]
    shown = [(one.usual, one.usual[first.column], one.other[first.column] if one.other else None) for one in same]
    return SESSION_INDEPENDENT.finding(
        f"{experiment.revision} leaves {len(same)} of {len(first.table.rows)} rows of {first.table} as they are if the"
        f" owner of the table runs it: row security hides {hides} (FORCE ROW LEVEL SECURITY).",
        kind="row security",
        revision=experiment.revision,
        object=f"column {first.table}.{first.column}",
        evidence=[
            *showing.statements(one for one in experiment.writes.found if one.of({first.table.name})),
            *showing.changed(first.table, first.column, shown, heads=("as superuser", "as owner")),
        ],
        consequence="The statement reports success and changes nothing: UPDATE 0.",
        remedy=f"Switch it off meanwhile: `{execute(f'ALTER TABLE {hidden} NO FORCE ROW LEVEL SECURITY')}` before the"
        f" statement, and FORCE after it. Rows affected in production, after the upgrade: `SELECT count(*) FROM {table}"
        f" WHERE {column} IS NULL`, as a superuser.",
    )


_REMEDIES: Mapping[str, str] = {
    "TimeZone": "Name the zone: `column AT TIME ZONE 'UTC'` in USING or in the statement, or"
    " `op.execute(\"SET LOCAL TimeZone = 'UTC'\")` before it.",
    SEARCH_PATH: 'Name the schema: `{schema}.` before the table in SQL, and schema="{schema}" where op or the'
    " inspector is asked.",
    "DateStyle": "Write dates as '2031-12-24' and format them with to_char() and to_date(), or"
    " `op.execute(\"SET LOCAL DateStyle = 'ISO'\")` before the statement.",
}

SESSION_INDEPENDENT = Check(
    id="session-independent",
    area="data",
    title="What an upgrade writes does not depend on the session: TimeZone, DateStyle, search_path, row security.",
    reason="Production gets other values than the test database: its role or database has other settings.",
    remedy="Say in the statement what it now takes from the session.",
    scope="revision",
    examine=_independent,
    keywords=("rows", "session"),
)
