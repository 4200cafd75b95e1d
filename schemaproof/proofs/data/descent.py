"""Downgrades on rows: those that came up with the upgrade, and those that only the newer schema allows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schemaproof.figure import Grid
from schemaproof.migration.environment import Run
from schemaproof.migration.intent import is_deliberate
from schemaproof.migration.own_rows import OwnRows
from schemaproof.postgres import Database, Template
from schemaproof.proofs.data import showing
from schemaproof.proofs.data.inhabited import Experiment, Inhabited
from schemaproof.proofs.data.population import connected
from schemaproof.proofs.data.refusals import Trials, variants
from schemaproof.proofs.data.snapshot import Name, Snapshot
from schemaproof.proofs.data.witness import Witness
from schemaproof.proofs.data.writes import Writes, writes
from schemaproof.rows import fill
from schemaproof.rows.filling import RowsOf
from schemaproof.rows.variety import LATER, varied

if TYPE_CHECKING:
    from schemaproof.migration.history import History
    from schemaproof.migration.stairway import Stairs


@dataclass(frozen=True)
class Descent:
    """One downgrade on the rows that came up.

    Attributes:
        run: it.
        after: the rows after it; empty where it failed.
        writes: what its statements name for writing.
    """

    run: Run
    after: Snapshot
    writes: Writes


@dataclass(frozen=True)
class Stuck:
    """A downgrade that fails on rows.

    Attributes:
        run: the one that failed.
        kind: what is peculiar of the rows, in words; "" where that is not known.
        rows: as evidence.
        table: where they are; None where that is not known.
        any_row: whether it fails whatever a row is like.
    """

    run: Run
    kind: str = ""
    rows: Sequence[str | Grid] = ()
    table: Name | None = None
    any_row: bool = False

    @property
    def deliberate(self) -> bool:
        """Whether the revision refuses by an error of its own."""
        return is_deliberate(self.run)


class Descents:
    """The downgrades of ``history`` on rows; each is made once for all checks."""

    def __init__(self, history: "History") -> None:
        self._history = history
        self._last: tuple[Experiment, Descent] | None = None

    def of(self, experiment: Experiment) -> Descent | None:
        """The downgrade after the upgrade; None where it is none that comes to its end on empty tables."""
        if not self._history.stairs(experiment.revision).ran_down:
            return None
        if self._last is None or self._last[0] is not experiment:
            inhabited, witness = self._history.kept(Inhabited), Witness()
            with self._clone(inhabited.database) as database:
                run = inhabited.run(database, experiment.index, "downgrade", witness)
                after = inhabited.rows(database) if run.error is None else Snapshot()
            self._last = experiment, Descent(run, after, writes(witness.statements, experiment.functions))
        return self._last[1]

    def stuck(self, experiment: Experiment) -> Stuck | None:
        """How the downgrade fails on rows that the schema after the upgrade allows; None where it does not."""
        descent = self.of(experiment)
        if descent is None:
            return None
        tables = _changed(self._history.stairs(experiment.revision), experiment)
        if descent.run.error is not None:
            return self._fewest(experiment, tables, Stuck(descent.run))
        if not tables:
            return None
        run = self._tried(experiment, tables, _added(varied))
        return self._fewest(experiment, tables, Stuck(run)) if run.error is not None else None

    def _fewest(self, experiment: Experiment, tables: Sequence[Name], stuck: Stuck) -> Stuck:
        if stuck.deliberate or not tables:
            return stuck
        return self._on_bare_tables(experiment, tables) or self._beside_others(experiment, tables) or stuck

    def _on_bare_tables(self, experiment: Experiment, tables: Sequence[Name]) -> Stuck | None:
        """As it fails on rows of one table that has no others: what is peculiar of them is then the reason."""
        inhabited, index = self._history.kept(Inhabited), experiment.index
        bare = inhabited.bare_at(index + 1)
        stairs = self._history.stairs(experiment.revision)
        trials = Trials(self._history, bare, lambda one: inhabited.run(one, index, "downgrade"), stairs)
        tables = trials.parents_first(tables)
        for table in tables:
            shown: list[str | Grid] = []
            found = trials.on_any_row(table, shown)
            if found is not None:
                return Stuck(found, rows=shown, table=table, any_row=True)
        for kind, rows in variants(self._history):
            for table in tables:
                shown = []
                run = trials.tried(rows, [table], shown)
                if run.error is not None and not is_deliberate(run):
                    return Stuck(run, kind, shown, table)
        return None

    def _beside_others(self, experiment: Experiment, tables: Sequence[Name]) -> Stuck | None:
        """As it fails on rows that are added to those which came up."""
        for kind, rows in variants(self._history):
            for table in tables:
                shown: list[str | Grid] = []
                run = self._tried(experiment, [table], _added(rows), shown)
                if run.error is not None and not is_deliberate(run):
                    return Stuck(run, kind, shown, table)
        return None

    def _tried(
        self, experiment: Experiment, tables: Sequence[Name], rows: RowsOf, shown: list[str | Grid] | None = None
    ) -> Run:
        inhabited = self._history.kept(Inhabited)
        with self._clone(inhabited.database) as database:
            before = inhabited.rows(database) if shown is not None else None
            with connected(database) as connection:
                wanted = self._history.kept(OwnRows).within(rows)
                fill(connection, leave=[self._history.version_table], tables=tables, rows=wanted, more=tables)
            if shown is not None and before is not None:
                stairs = self._history.stairs(experiment.revision)
                shown += _new(before, inhabited.rows(database), tables, stairs)
            return inhabited.run(database, experiment.index, "downgrade")

    def _clone(self, database: Database) -> Database:
        return database.server.clone(Template(database.name))


def _changed(stairs: "Stairs", experiment: Experiment) -> list[Name]:
    """The tables, there before and after, of which the upgrade changes columns, constraints or types."""
    there = {one.after.name for one in experiment.matched}
    found: list[Name] = []
    for one in stairs.changed:
        identity = one.identity
        if identity.kind in {"type", "domain"}:  # an enum's labels: whoever has such a column
            found += [
                table.after.name
                for table in experiment.matched
                for column in table.after.columns.values()
                if column.type.split("(")[0].split(".")[-1].strip('"') == identity.name
            ]
        elif not (one.kind == "extra" and identity.kind != "column"):
            found.append((identity.schema, identity.parent or identity.name))
    return [one for one in dict.fromkeys(found) if one in there]


def _new(before: Snapshot, after: Snapshot, tables: Sequence[Name], stairs: "Stairs") -> list[str | Grid]:
    lines: list[str | Grid] = []
    for name in tables:
        was, now = before.named(name), after.named(name)
        if was is not None and now is not None:
            lines += showing.held(now, [row for row in now.rows if row not in was.rows], stairs)
    return lines


def _added(rows: RowsOf) -> RowsOf:
    """``rows`` with other numbers than those that are there."""
    return lambda types, table: [replace(row, number=row.number + LATER) for row in rows(types, table)]
