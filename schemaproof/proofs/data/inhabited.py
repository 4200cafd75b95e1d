"""A database that climbs along with rows in it, as production's does, and what each upgrade makes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from schemaproof.figure import Grid
from schemaproof.migration.environment import Direction, Run
from schemaproof.migration.intent import is_deliberate
from schemaproof.migration.states import dropped_on_error
from schemaproof.postgres import Database, Template
from schemaproof.proofs.data import snapshot
from schemaproof.proofs.data.matching import Haystack, Matched, matched
from schemaproof.proofs.data.population import connected, plant, populate
from schemaproof.proofs.data.readings import Readings
from schemaproof.proofs.data.refusals import DEFINING, Refused, judge
from schemaproof.proofs.data.snapshot import Cells, Name, Snapshot, Table
from schemaproof.proofs.data.witness import Witness
from schemaproof.proofs.data.writes import Write, Writes, writes
from schemaproof.rows.filling import Filled
from schemaproof.rows.server_side import cast_each, make_functions

if TYPE_CHECKING:
    from schemaproof.migration.history import History
    from schemaproof.migration.stairway import Stairs

__all__ = ["Experiment", "Inhabited", "Refused"]

# What of an existing object a revision can change without a row noticing.
_BESIDE_ROWS = frozenset({"comment", "position", "statistics", "storage", "compression"})
_EARLIER = 40  # revisions: a backfill and what relies on it are seldom further apart
_FORCED = """
SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relrowsecurity AND c.relforcerowsecurity
"""
_FUNCTIONS = """
SELECT p.proname::text, string_agg(p.prosrc, E'\\n;') FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang AND l.lanname IN ('sql', 'plpgsql')
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid
        AND e.deptype = 'e') GROUP BY 1
"""


@dataclass
class Experiment:
    """One upgrade on rows that came to its end.

    Attributes:
        revision: its id.
        index: its place in the history.
        before: the rows before it.
        after: the rows after it.
        witness: what it sent.
        functions: the bodies of the functions that there are, by name.
        forced: the tables after it whose owner row security binds.
        copy: a database in the state before it, rows included; is only cloned.
        copied: the queries by which earlier revisions have filled tables, by the tables' names.
        irreversible: whether its downgrade refuses on purpose, which says that something is meant to go.
    """

    revision: str
    index: int
    before: Snapshot
    after: Snapshot
    witness: Witness
    functions: Mapping[str, str]
    forced: frozenset[Name]
    copy: Database
    copied: Mapping[str, Sequence[Write]]
    irreversible: bool
    _inhabited: "Inhabited" = field(repr=False)

    @cached_property
    def writes(self) -> Writes:
        """What its statements name for writing."""
        return writes(self.witness.statements, self.functions)

    @cached_property
    def matched(self) -> tuple[Matched, ...]:
        """The tables that stay."""
        return tuple(matched(self.before, self.after))

    @cached_property
    def haystack(self) -> Haystack:
        """Where values are that were somewhere else."""
        return Haystack(self.before, self.after)

    @cached_property
    def readings(self) -> Readings:
        """What its statements read."""
        stairs = self._inhabited.history.stairs(self.revision)
        return Readings(self.witness.statements, self.functions, (stairs.before, stairs.first))

    @cached_property
    def _second(self) -> Snapshot | None:
        run, after = self._inhabited.repeat(self)
        return after if run.error is None else None

    def cast(self, pairs: Sequence[tuple[str, str]]) -> list[str | None]:
        """For each type and text the value as the server prints it, with the types after it; None where it is none."""
        with connected(self._inhabited.database) as connection:
            snapshot.print_alike(connection)
            with connection.transaction(force_rollback=True), connection.cursor() as cursor:
                make_functions(cursor)
                return cast_each(cursor, pairs)

    def by_chance(self, table: Table, row: Cells, column: str) -> bool:
        """Whether a second run gives another value in ``column`` of the ``row`` that is there after the first."""
        second = self._second
        other = second.named(table.name) if second is not None else None
        if other is None:
            return True
        names = table.primary or [name for name in table.columns if name != column]
        same = next((one for one in other.rows if all(one.get(name) == row[name] for name in names)), None)
        return same is None or same.get(column) != row[column]


@dataclass(frozen=True)
class Incomplete:
    """A column that a revision fills in some rows only, kept for a later one that wants it in all.

    Attributes:
        revision: which does.
        where: the column that is NULL in just those rows; None where there is none.
        empty: how many rows it leaves.
        count: how many there are.
        evidence: its statements, and the rows.
    """

    revision: str
    where: str | None
    empty: int
    count: int
    evidence: tuple[str | Grid, ...]


class Inhabited:
    """Runs the upgrades of ``history`` on rows, one revision after the other.

    Rows that were made for an early revision go through all later ones; tables that are empty get some after each.
    """

    def __init__(self, history: "History") -> None:
        self.history = history
        self._climbing: tuple[int, Database] | None = None  # by the number of its revisions
        self.incomplete: dict[tuple[str, str], Incomplete] = {}  # by table and column
        self._copied: dict[str, list[Write]] = {}  # as Experiment.copied
        self.unfilled: Mapping[str, str] = {}  # the tables that could not be given rows after the last upgrade, and why
        self._newly: tuple[int, Mapping[str, str]] = (-1, {})  # those that could be before it, by its index
        self._bare: tuple[int, Database] | None = None  # without rows of ours; made where an upgrade fails on them
        self._since = 0  # since which revision the rows of the one that climbs have been there
        self._floor = 0  # the lowest one that they can come from: those below it were refused
        self._last: tuple[int, Refused | None, Experiment | None] | None = None

    def close(self) -> None:
        """Drop the databases."""
        self._forget()
        for held in (self._climbing, self._bare):
            if held is not None:
                held[1].drop()
        self._climbing = self._bare = None

    leave = close  # an error has left them in whatever state

    @property
    def database(self) -> Database:
        """The one that climbs, after the last upgrade that was examined.

        Raises:
            LookupError: where none was.
        """
        if self._climbing is None:
            raise LookupError("no upgrade was examined on rows")
        return self._climbing[1]

    def examine(self, index: int) -> Refused | None:
        """What the upgrade of the revision at ``index`` refuses; None for nothing.

        It is known to pass on empty tables.

        Raises:
            UpgradeFailedError: when a revision below it can't be applied.
            SubjectError, PostgresError: when nothing can be said of it.
        """
        return self._examined(index)[1]

    def experiment(self, index: int) -> Experiment | None:
        """The upgrade of the revision at ``index`` on rows; None where it refuses them, or can't change any.

        Raises:
            UpgradeFailedError, SubjectError, PostgresError: as ``examine`` does.
        """
        return self._examined(index)[2]

    def repeat(
        self, experiment: Experiment, settings: Mapping[str, str] | None = None, prepare: Sequence[str] = ()
    ) -> tuple[Run, Snapshot]:
        """The upgrade once more on the same rows, and the rows after it.

        Args:
            experiment: the upgrade.
            settings: the database's own; a search_path with commas between its schemas.
            prepare: statements for the database before it.
        """
        with experiment.copy.server.clone(Template(experiment.copy.name)) as database:
            with connected(database) as connection:
                for statement in prepare:
                    connection.execute(statement.encode())
                for name, value in (settings or {}).items():
                    query = sql.SQL("ALTER DATABASE {} SET {} = {}")
                    where = sql.Identifier(database.name)
                    parts = value.split(", ") if name == "search_path" else [value]
                    listed = sql.SQL(", ").join(map(sql.Literal, parts))
                    connection.execute(query.format(where, sql.Identifier(name), listed))
            run = self.run(database, experiment.index)
            return run, self.rows(database)

    def run(
        self, database: Database, index: int, direction: Direction = "upgrade", witness: Witness | None = None
    ) -> Run:
        """The revision at ``index`` applied to ``database``, or taken back; who leaves a session open loses it."""
        history, revision = self.history, self.history.revisions[index]
        environment, script = history.environment, history.chain.script
        with dropped_on_error(database):
            if direction == "upgrade":
                run = environment.upgrade(script, database, [revision], witness)
            else:
                run = environment.downgrade(script, database, revision, witness)
            if witness is not None and run.redirection.open > 0:
                history.server.end_sessions(database.name)
            return history.checked(run)

    def rows(self, database: Database) -> Snapshot:
        """All rows of ``database`` but Alembic's."""
        with connected(database) as connection:
            return snapshot.read(connection, self.history.version_table)

    def _examined(self, index: int) -> tuple[int, Refused | None, Experiment | None]:
        if self._last is None or self._last[0] != index:
            self._forget()
            self._last = (index, *self._climb(index))
        return self._last

    def _climb(self, index: int) -> tuple[Refused | None, Experiment | None]:
        database = self._arrive(index)
        stairs = self.history.stairs(self.history.revisions[index].revision)
        if not touches_rows(stairs):
            run = self.run(database, index)
            if run.error is None:
                self._passed(index, database)
                return None, None
            self._climbing = None
            return self._refused_surely(run, index, database)  # as it was: such a revision fails as a whole, or again
        copy = database.server.clone(Template(database.name))
        with dropped_on_error(copy):
            before, witness = self.rows(database), Witness()
            run = self.run(database, index, witness=witness)
            if run.error is not None:
                return self._refused_surely(run, index, copy)
            with connected(database) as connection:
                after = snapshot.read(connection, self.history.version_table)
                functions: dict[str, str] = dict(_functions(connection))
                forced = frozenset(connection.execute(_FORCED).fetchall())
                emptied = {one.name for one in before.tables.values() if one.rows}
                self._filled(index, plant(self.history, connection, emptied=emptied))
            self._climbing = (index + 1, database)
        irreversible = stairs.down is not None and is_deliberate(stairs.down)
        experiment = Experiment(
            stairs.revision,
            index,
            before,
            after,
            witness,
            functions,
            forced,
            copy,
            copied={name: tuple(found) for name, found in self._copied.items()},
            irreversible=irreversible,
            _inhabited=self,
        )
        for one in experiment.writes.found:
            if one.kind == "copied":
                self._copied.setdefault(one.table[1], []).append(one)
        return None, experiment

    def _passed(self, index: int, database: Database) -> None:
        with dropped_on_error(database):
            self._filled(index, populate(self.history, database))
        self._climbing = (index + 1, database)

    def newly_unfilled(self, index: int) -> Mapping[str, str]:
        """The tables that the revision at ``index``, the last that was examined, has left without rows, and why."""
        return self._newly[1] if self._newly[0] == index else {}

    def _filled(self, index: int, filled: Filled) -> None:
        self._newly = index, {name: why for name, why in filled.refused.items() if name not in self.unfilled}
        self.unfilled = filled.refused

    def _refused_surely(self, run: Run, index: int, before: Database) -> tuple[Refused | None, Experiment | None]:
        """As ``_climb``, for an upgrade that failed: rows that were made late lack what revisions in between gave.

        ``before`` is in the state before it, rows included, and is dropped.
        """
        lowest = max(self._floor, index - _EARLIER)
        if self._since <= lowest or not self._climb_again(lowest, index):
            return self._refused(run, index, before), None
        before.drop()
        return self._climb(index)

    def _climb_again(self, start: int, index: int) -> bool:
        """Let rows climb from ``start`` to ``index``, and say whether they come so far."""
        self._leave()
        self._climb_from(start, self.history.build(start))
        for between in range(start, index):
            if self.run(self.database, between).error is not None:
                self._floor = between + 1
                return False
            self._passed(between, self.database)
        return True

    def _refused(self, run: Run, index: int, before: Database) -> Refused:
        self._leave()
        bare = self.bare_at(index)
        refused = judge(self.history, run, bare, index, lambda database: self.run(database, index))
        self._floor = index + 1
        spared = self._spared(before, index, refused.tables)
        if self.run(bare, index).error is not None:
            self.close()
        else:
            self._bare = (index + 1, bare)
            if spared is None:  # the next ones meet rows that were made after this one
                self._climb_from(index + 1, bare.server.clone(Template(bare.name)))
        return refused

    def _spared(self, before: Database, index: int, tables: Sequence[Name]) -> Database | None:
        """The database ``before`` without the rows of ``tables``, which the upgrade refuses; after it, it climbs on.

        Others have gone through what revisions below do to them, and one above may rely on that.
        """
        with dropped_on_error(before):
            with connected(before) as connection:
                for name in tables:
                    connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(*name)))
            if not tables or self.run(before, index).error is not None:
                before.drop()
                return None
            self._passed(index, before)
        return before

    def _forget(self) -> None:
        if self._last is not None and self._last[2] is not None:
            self._last[2].copy.drop()
        self._last = None

    def _arrive(self, index: int) -> Database:
        if self._climbing is None or self._climbing[0] != index:
            self._leave()
            self._climb_from(index, self.history.build(index))
        assert self._climbing is not None  # noqa: S101 (it was just made)
        return self._climbing[1]

    def _climb_from(self, index: int, database: Database) -> None:
        with dropped_on_error(database):
            self.unfilled = populate(self.history, database).refused
        self._climbing, self._since = (index, database), index

    def _leave(self) -> None:
        if self._climbing is not None:
            self._climbing[1].drop()
            self._climbing = None

    def bare_at(self, index: int) -> Database:
        """A database with as many revisions, and no rows but theirs; is only cloned, and goes with the others."""
        below = self._bare
        if below is not None and below[0] <= index:
            between = self.history.revisions[below[0] : index]
            environment, script = self.history.environment, self.history.chain.script
            if not between or environment.upgrade(script, below[1], between).error is None:
                self._bare = (index, below[1])
                return below[1]
        if below is not None:
            below[1].drop()
            self._bare = None
        self._bare = (index, self.history.build(index))
        return self._bare[1]


def touches_rows(stairs: "Stairs") -> bool:
    """Whether the upgrade may do anything to rows that are there: it sends more than definitions, or changes some."""
    sent = stairs.up.redirection
    if sent.words - DEFINING or not sent.statements:
        return True
    changed = stairs.changed
    if not changed:  # ALTER SEQUENCE ... RESTART, say
        return True
    return any(one.kind != "extra" and one.attribute not in _BESIDE_ROWS for one in changed)


def _functions(connection: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    return connection.execute(_FUNCTIONS).fetchall()
