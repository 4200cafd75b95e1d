"""A revision run on few rows and on many: what is locked while work is done, and which of that work grows."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from schemaproof.migration.environment import Direction, Run
from schemaproof.migration.history import History
from schemaproof.migration.populated import Populated, PopulatedStates
from schemaproof.postgres import Database
from schemaproof.proofs.locks.facts import Facts
from schemaproof.proofs.locks.holds import Hold, Rows, holds
from schemaproof.proofs.locks.many import grown
from schemaproof.proofs.locks.relations import Name, Relation, locked, read_relations
from schemaproof.proofs.locks.watch import Step, Watch
from schemaproof.rows.growing import connected


@dataclass
class Measured:
    """What one revision does in one direction.

    Attributes:
        relations: those that were there before and still are afterwards, by oid.
        few: the statements of the run on few rows.
        holds: the tables that are locked while work grows.
        counts: the rows of each table in the run on many.
        unknown: the tables of which nothing is known, with the reason.
        failed: the run on many rows, where it failed.
    """

    relations: Mapping[int, Relation]
    few: Sequence[Step] = ()
    holds: Sequence[Hold] = ()
    counts: Mapping[int, int] = field(default_factory=dict)
    unknown: Mapping[Name, str] = field(default_factory=dict)
    failed: Run | None = None

    @property
    def locked(self) -> frozenset[int]:
        """The tables that are locked at some time."""
        return frozenset(oid for step in self.few for oid in locked(step.held, self.relations))

    @property
    def worked(self) -> set[int]:
        """The tables of which rows were read or written while one was locked.

        A materialized view may have none, for it was filled when its tables had none.
        """
        steps = [step for step in self.few if locked(step.held, self.relations)]
        views = {oid for oid in self.locked if self.relations[oid].kind == "m"}
        return views.union(oid for step in steps for oid in step.work if oid in self.relations)


class Locks:
    """What the checks of locks share: the measurements of the revision that was asked about last."""

    def __init__(self, history: History, small: Collection[str] = ()) -> None:
        self._history = history
        self._states = history.kept(PopulatedStates)
        self._left_out = {".".join(history.version_table), *history.environment.subject.small_tables, *small}
        self._last: tuple[int, dict[Direction, Measured]] | None = None

    def of(self, index: int) -> dict[Direction, Measured]:
        """By direction, the measurements of the revision at ``index``; without those of a run that fails."""
        if self._last is None or self._last[0] != index:
            self._last = index, self._measure(index)
        return self._last[1]

    def _measure(self, index: int) -> dict[Direction, Measured]:
        history, state = self._history, self._states.at(index)
        directions: list[Direction] = ["upgrade"]
        if history.stairs(history.revisions[index].revision).ran_down:
            directions.append("downgrade")
        found: dict[Direction, Measured] = {}
        with ExitStack() as stack:
            database = stack.enter_context(state.clone())
            for direction in directions:
                one = self._on_few(database, index, direction, state)
                if one is None:
                    break
                found[direction] = one
        if any(one.worked for one in found.values()):
            self._on_many(index, found)
        return found

    def _on_few(self, database: Database, index: int, direction: Direction, state: Populated) -> Measured | None:
        """The run on few rows; None where it fails, which other checks tell."""
        before = self._relations(database)
        watch = Watch(self._history.server.version)
        if self._states.run(database, index, direction, watch).error is not None:
            return None
        one = Measured(before, watch.steps)
        if one.locked:
            # Nobody will use what is gone when it is over, and so nobody waits for it.
            after = self._relations(database)
            one.relations = {oid: relation for oid, relation in before.items() if oid in after}
            empty = {tuple(name.split(".", 1)): why for name, why in state.refused.items()}
            roots = {one.relations[oid].root for oid in one.locked}
            one.unknown = {name: empty[name] for name in roots & empty.keys()}
        return one

    def _relations(self, database: Database) -> dict[int, Relation]:
        with connected(database.dsn) as connection:
            return read_relations(connection, self._left_out)

    def _on_many(self, index: int, found: Mapping[Direction, Measured]) -> None:
        """Run it again with many rows in the tables on which work was done under a lock."""
        with self._states.at(index).clone() as database:
            for direction, one in found.items():
                before = self._grown(database, one)
                if direction == "downgrade" and not one.worked:
                    return
                watch = Watch(self._history.server.version, one.worked)
                run = self._states.run(database, index, direction, watch)
                if run.error is not None:
                    one.failed = run
                    return
                one.holds = holds(one.relations, Rows(one.few, watch.steps, one.counts), before)

    def _grown(self, database: Database, one: Measured) -> Facts | None:
        """Grow the tables that are worked on; what they are like then."""
        if not one.worked:
            return None
        with connected(database.dsn) as connection:
            one.counts, refused = grown(connection, [one.relations[oid] for oid in one.worked])
            one.unknown = {**one.unknown, **refused}
            return Facts.read(connection, one.worked)
