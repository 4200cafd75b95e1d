"""A revision run on few rows and on many: what is locked while work is done, and which of that work grows."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from schemaproof.migration.environment import Direction, Run
from schemaproof.migration.history import History
from schemaproof.migration.populated import Populated, PopulatedStates
from schemaproof.migration.states import dropped_on_error
from schemaproof.postgres import Database
from schemaproof.proofs.locks.conforming import Need, conform, needs, unique_columns
from schemaproof.proofs.locks.facts import Facts
from schemaproof.proofs.locks.holds import Hold, Rows, holds
from schemaproof.proofs.locks.many import grown
from schemaproof.proofs.locks.relations import Name, Relation, locked, read_relations
from schemaproof.proofs.locks.watch import Step, Watch
from schemaproof.rows.growing import connected

type Connection = psycopg.Connection[Any]


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
        one_transaction: whether env.py runs several revisions in one transaction.
    """

    relations: Mapping[int, Relation]
    few: Sequence[Step] = ()
    holds: Sequence[Hold] = ()
    counts: Mapping[int, int] = field(default_factory=dict)
    unknown: Mapping[Name, str] = field(default_factory=dict)
    failed: Run | None = None
    one_transaction: bool = False

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

    @property
    def examined(self) -> set[int]:
        """The tables of which is asked what becomes of them: those worked on, and what they are partitions of."""
        roots = {self.relations[oid].root for oid in self.worked}
        return self.worked.union(oid for oid, one in self.relations.items() if one.kind == "p" and one.root in roots)

    @property
    def left(self) -> set[int]:
        """The tables that are still locked against everybody by the last transaction, until it is committed."""
        return set(locked(self.few[-1].held, self.relations, "reads")) if self.few else set()


class Locks:
    """What the checks of locks share: the measurements of the revision that was asked about last."""

    def __init__(self, history: History, small: Collection[str] = ()) -> None:
        self._history = history
        self._states = history.kept(PopulatedStates)
        self._left_out = {".".join(history.version_table), *history.environment.subject.small_tables, *small}
        self._needs: list[Need] = []  # of the revision that is measured
        self._last: tuple[int, dict[Direction, Measured]] | None = None

    def of(self, index: int) -> dict[Direction, Measured]:
        """By direction, the measurements of the revision at ``index``; without those of a run that fails."""
        if self._last is None or self._last[0] != index:
            self._last = index, self._measure(index)
        return self._last[1]

    def _measure(self, index: int) -> dict[Direction, Measured]:
        self._needs = []
        found = self._run(index)
        if "upgrade" not in found or found["upgrade"].failed is not None:
            # It refuses some of the rows: it is run on such as the newer schema takes.
            self._needs = self._additional(index)
            found = self._run(index) if self._needs else found
        if "upgrade" in found and found["upgrade"].one_transaction:
            self._behind_another(index, found["upgrade"])
        return found

    def _run(self, index: int) -> dict[Direction, Measured]:
        history, state = self._history, self._states.at(index)
        down = history.stairs(history.revisions[index].revision).ran_down
        # What was run on rows as they were given leads to the next state, which others need as well.
        leads_up = not self._needs and not self._states.knows(index + 1)
        found: dict[Direction, Measured] = {}
        with ExitStack() as dropped:
            database = self._clone(index)
            with dropped_on_error(database):
                run, one = self._on_few(database, index, "upgrade", state)
                above = dropped.enter_context(Populated(database).clone()) if leads_up and down and one else database
            if leads_up:
                self._states.take(index, database, run)
            else:
                dropped.enter_context(database)
            if one is not None:
                found["upgrade"] = one
                back = self._on_few(above, index, "downgrade", state)[1] if down else None
                found |= {} if back is None else {"downgrade": back}
        if any(one.worked for one in found.values()):
            self._on_many(index, found)
        return found

    def _additional(self, index: int) -> list[Need]:
        """What rows must satisfy after the revision at ``index`` and not before."""
        newer, older = self._states.at(index + 1).database, self._states.at(index).database
        with connected(older.dsn) as before, connected(newer.dsn) as after:
            return needs(before, after)

    def _clone(self, index: int) -> Database:
        """The state before the revision at ``index``, in a copy that is the caller's to drop."""
        database = self._states.at(index).clone()
        if self._needs:
            with dropped_on_error(database), connected(database.dsn) as connection:
                conform(connection, self._needs)
        return database

    def _behind_another(self, index: int, one: Measured) -> None:
        """What one transaction of the revision below and this one does here under locks that were taken there.

        Only to the tables locked: who works on others has nothing to do with it, and may be deployed at another time.
        """
        history = self._history
        works = any(step.work.keys() & one.relations.keys() for step in one.few)
        if not works or index - 1 not in history.asked_indexes:
            return
        # One after the other in the same database: in one that was built otherwise the tables have other oids.
        state = self._states.at(index - 1)
        with state.clone() as database:
            _, below = self._on_few(database, index - 1, "upgrade", state)
            here = self._on_few(database, index, "upgrade", state)[1] if below is not None else None
        if below is None or here is None:
            return
        told = {str(hold.table) for hold in one.holds}
        worked = {oid for step in here.few for oid in step.work if oid in here.relations}
        locked_there = {oid for oid in worked & below.left if str(here.relations[oid]) not in told}
        if not locked_there:
            return
        with self._states.at(index - 1).clone() as database:
            with connected(database.dsn) as connection:
                tables = [below.relations[oid] for oid in locked_there]
                counts, _ = grown(connection, tables)
                before = Facts.read(connection, locked_there)
            watch = Watch(history.server.version, locked_there)
            if self._states.run(database, index - 1, "upgrade", watch, revisions=2).error is not None:
                return
        rows = Rows([*below.few, *here.few], watch.steps, counts)
        revision = history.revisions[index].revision
        for hold in holds(below.relations, rows, before):
            growing = [step for step in hold.growing if step.revision == revision]
            if growing and hold.table.oid in locked_there and hold.by != revision:
                one.holds = [*one.holds, replace(hold, growing=growing)]
                one.counts = {**one.counts, **counts}
                one.relations = {**one.relations, **here.relations}

    def _on_few(
        self, database: Database, index: int, direction: Direction, state: Populated
    ) -> tuple[Run, Measured | None]:
        """The run on few rows of ``database``, and what it did; None where it fails, which other checks tell."""
        watch = Watch(self._history.server.version)
        with connected(database.dsn) as reader:
            before = read_relations(reader, self._left_out)
            run = self._states.run(database, index, direction, watch)
            if run.error is not None:
                return run, None
            one = Measured(before, watch.steps, one_transaction=in_one_transaction(run))
            if one.locked:
                # Nobody will use what is gone when it is over, and so nobody waits for it.
                after = read_relations(reader, self._left_out)
                one.relations = {oid: relation for oid, relation in before.items() if oid in after}
                empty = {tuple(name.split(".", 1)): why for name, why in state.refused.items()}
                roots = {one.relations[oid].root for oid in one.locked}
                one.unknown = {name: empty[name] for name in roots & empty.keys()}
        return run, one

    def _on_many(self, index: int, found: Mapping[Direction, Measured]) -> None:
        """Run it again with many rows in the tables on which work was done under a lock."""
        with self._clone(index) as database:
            for direction, one in found.items():
                before = self._grown(database, one)
                if direction == "downgrade" and not one.worked:
                    return
                watch = Watch(self._history.server.version, one.examined)
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
            one.counts, refused = grown(
                connection, [one.relations[oid] for oid in one.worked], unique_columns(self._needs)
            )
            one.unknown = {**one.unknown, **refused}
            return Facts.read(connection, one.examined)


def in_one_transaction(run: Run) -> bool:
    """Whether all revisions of one call run in one transaction: the default, and so where env.py has begun one."""
    context = run.context
    if context is None:
        return False
    each = context._transaction_per_migration and not context._in_external_transaction
    return context.impl.transactional_ddl and not each
