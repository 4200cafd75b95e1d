"""The failure proof of a history: revision by revision, on tables that hold rows, every fault at every site."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from alembic.script import Script

from schemaproof.budget import Budget, LeftOut, spread, within
from schemaproof.migration.own_rows import OwnRows, a_few
from schemaproof.migration.states import dropped_on_error
from schemaproof.postgres import CrashServer, Database, Template
from schemaproof.proofs.failure.child import CAN_FORK
from schemaproof.proofs.failure.equivalence import Sole, crashes, faults, sole_transaction
from schemaproof.proofs.failure.fault import Fault
from schemaproof.proofs.failure.sites import Recorder, Site
from schemaproof.proofs.failure.state import Name, State, Watcher
from schemaproof.proofs.failure.trial import Bench, Course, Direction, Outcome, Rerun, Trial, Way, joined, second_run
from schemaproof.proofs.failure.ways import downgrade_of, upgrade_of
from schemaproof.rows import fill
from schemaproof.tally import Tally

if TYPE_CHECKING:
    from schemaproof.migration.history import History


@dataclass(frozen=True)
class Examined:
    """What faults did to one revision in one direction.

    Attributes:
        course: the good run; None where there was none.
        outcomes: what the faults left, in the order of the sites.
        rerun: what came of running it after the failures that left the state before.
        obstacle: why there was no good run on tables with rows, in words; "" where there was.
        below: the revision that is applied in the same call; None where it is alone.
    """

    direction: Direction
    course: Course | None = None
    outcomes: tuple[Outcome, ...] = ()
    rerun: Rerun | None = None
    obstacle: str = ""
    below: str | None = None

    @property
    def survived(self) -> bool:
        """Whether all faults left what they may leave."""
        return all(outcome.survived for outcome in self.outcomes)


# Direction and ``sole_transaction`` of what was examined of a revision; None for what is like nothing else.
type Kind = tuple[Direction, Sole]
type Kinds = tuple[Kind | None, ...]


@dataclass(frozen=True)
class Below:
    """A revision that ends the transaction in its middle, and a database in the state before it."""

    course: Course
    template: Database


class Proof:
    """Injects faults into the revisions of ``history``, each in a database just before it.

    One database, the ground, climbs through the revisions and gets rows wherever a table has none. Faults are injected
    into clones of it, which are used again for as long as a fault leaves nothing behind: so the cost of one does not
    grow with the history.

    Args:
        crashes: the server, to be crashed; None for all the other faults.
        everywhere: whether faults are injected that prove the same as others; see ``equivalence``.

    Attributes:
        tally: how many were injected.
        kinds: of which kinds each revision is that was examined; () for one that could not be.
    """

    def __init__(self, history: "History", *, crashes: CrashServer | None = None, everywhere: bool = False) -> None:
        self._history = history
        self._crashes = crashes
        self._everywhere = everywhere
        self._ground: _Ground | None = None
        self._known: set[tuple[str, ...]] = set()  # what env.py sends around a revision, as far as examined
        self._survivors: set[Hashable] = set()  # what matters of the kinds of which one has survived all faults
        self.kinds: dict[str, Kinds] = {}
        self.tally = Tally()
        self._done = 0
        self._until: float | None = None  # when the faults of the present revision end, where a budget says so

    def examine(self, revision: str, *, downgrade: bool = True) -> tuple[Examined, ...]:
        """What faults do to the upgrade of ``revision`` and, unless it is known to fail, to its ``downgrade``.

        Raises:
            UpgradeFailedError: when a revision below it can't be applied.
            SubjectError, PostgresError: when nothing can be said of it.
        """
        start = perf_counter()
        self._until = self._share(start)
        try:
            found = tuple(self._examine(self._history.positions[revision], downgrade=downgrade))
        finally:
            self.tally.seconds += perf_counter() - start
            self._done += 1
        self.kinds[revision] = tuple(_kind(one.course) for one in found if one.course and not one.below)
        return found

    def _share(self, now: float) -> float | None:
        """Until when faults may be injected into the present revision, so that all to come have as much."""
        budget = self._history.subject.budget
        if budget is None:
            return None
        others = (now - self._history.began - self.tally.seconds) / (self._done + 1)  # what else a revision takes
        return budget.share(self._history.ahead, besides=max(others, 0.0))

    def knows(self, kinds: Kinds) -> bool:
        """Whether all of ``kinds`` have survived all faults."""
        return not self._everywhere and all(self._mattering(kind) in self._survivors for kind in kinds)

    def _mattering(self, kind: Kind | None) -> Hashable | None:
        """Of ``kind``, what matters to the faults of this proof; None where it is like nothing else."""
        if kind is None or self._crashes is None:
            return kind
        direction, sole = kind
        return direction if sole.is_durable else None

    def prepare(self, revision: str, direction: Direction) -> tuple[Course, Database]:
        """The good run of ``revision`` on tables with rows, and a database just before it, which the caller drops.

        Raises:
            ValueError: when it fails.
        """
        history, script = self._history, self._script(revision)
        ground = self._replace_ground(history.positions[revision] + (direction == "downgrade"))
        self._fill(ground)
        template, top = ground.clone(), ground.state
        with dropped_on_error(template), Bench(template, history.version_table) as bench:
            way = upgrade_of(history, script) if direction == "upgrade" else downgrade_of(history, script)
            course, obstacle = self._course(way, bench.watcher(), top)
            bench.spoil()
            if course is None:
                raise ValueError(f"the {direction} of {revision} fails: {obstacle}")
            return self._settled(course, bench), template

    @property
    def version_table(self) -> Name:
        """Schema and name of Alembic's version table."""
        return self._history.version_table

    def close(self) -> None:
        """Drop every database of this proof."""
        ground, self._ground = self._ground, None
        if ground is not None:
            ground.close()

    def _examine(self, index: int, *, downgrade: bool) -> Iterator[Examined]:
        ground = self._arrive(index)
        way = upgrade_of(self._history, self._history.revisions[index])
        before, ground.spare = ground.spare or ground.clone(), None
        try:
            course, obstacle = self._climb(ground, way)
            if course is None:  # the rows may be to blame: once more without them
                before.drop()
                ground = self._replace_ground(index)
                before = ground.clone()
                course, again = self._climb(ground, way)
                obstacle = again if course is None else obstacle
            if course is None:
                yield Examined("upgrade", obstacle=obstacle)
                return
            examined = self._tried(course, before, obstacle)
            course = examined.course or course  # which is settled
            yield examined
            yield from self._together(course, ground, before, sound=examined.survived)
        finally:
            before.drop()
        self._fill(ground)
        if downgrade:
            yield self._examine_downgrade(ground, self._history.revisions[index])

    def _together(self, course: Course, ground: "_Ground", before: Database, *, sound: bool) -> Iterator[Examined]:
        """What faults do to it in one call with the revision below, where that ends the transaction in its middle.

        ``sound``: whether it survives them by itself; where it does not, that is what there is to say.
        """
        below = ground.below
        if below is not None and sound and self._crashes is None:
            yield self._tried_together(below, course)
        if below is not None:
            ground.below = None
            below.template.drop()
        if course.ends_transaction:
            ground.below = Below(course, self._history.server.clone(Template(before.name)))

    def _tried_together(self, below: Below, course: Course) -> Examined:
        way = upgrade_of(self._history, *map(self._script, (below.course.way.revision, course.way.revision)))
        with Bench(below.template, self._history.version_table) as bench:
            watcher = bench.watcher()
            joint, obstacle = self._course(way, watcher, below.course.before)
            bench.spoil()
            if joint is None:
                return Examined("upgrade", obstacle=obstacle, below=below.course.way.revision)
            unstable = joined(below.course.unstable, course.unstable)
            joint = replace(joint, between=(below.course.after,), unstable=unstable)
            sites = [site for site in joint.sites if site.part == "revision" and site.revision == course.way.revision]
            trial = Trial(joint, bench, moments=self._history.unstable)
            outcomes = tuple(trial.inject((site, Fault.ERROR) for site in sites))
        self.tally.count(outcome.survived for outcome in outcomes)
        return Examined("upgrade", joint, outcomes, None, obstacle, below=below.course.way.revision)

    def _script(self, revision: str) -> Script:
        return self._history.revisions[self._history.positions[revision]]

    def _examine_downgrade(self, ground: "_Ground", script: Script) -> Examined:
        template = ground.spare = ground.clone()  # the next revision begins in the same state
        with Bench(template, self._history.version_table) as bench:
            way = downgrade_of(self._history, script)
            course, obstacle = self._course(way, bench.watcher(), ground.state)
        return Examined("downgrade", obstacle=obstacle) if course is None else self._tried(course, template)

    def _climb(self, ground: "_Ground", way: Way) -> tuple[Course | None, str]:
        """The good run on the ground, which is in the state after it then."""
        course, obstacle = self._course(way, ground.watcher, ground.state)
        if course is not None:
            ground.state = course.after
            ground.index += 1
        return course, obstacle

    def _course(self, way: Way, watcher: Watcher, before: State) -> tuple[Course | None, str]:
        before = replace(before, restarted=frozenset())
        recorder = Recorder(watcher.held)
        run = way.run(watcher.database, recorder)
        watcher.end_sessions()
        self._history.checked(run)
        if run.error is not None:
            return None, run.told
        transactional = run.context is None or run.context.impl.transactional_ddl
        return Course(way, tuple(recorder.sites), before, watcher.read(before), transactional_ddl=transactional), ""

    def _tried(self, course: Course, template: Database, obstacle: str = "") -> Examined:
        """All faults of ``course``, in databases like ``template``."""
        with Bench(template, self._history.version_table) as bench:
            if course.ends_transaction:  # the next one is tried in one call with it, and has to know
                course = self._settled(course, bench)
            trial = Trial(course, bench, self._crashes, self._history.unstable)
            outcomes = self._injected(trial, self._faults(course), course.way)
            rerun = trial.rerun() if outcomes and self._crashes is None else None
        self.tally.count(outcome.survived for outcome in outcomes)
        mattering = self._mattering(_kind(course))
        whole = course.way.revision not in self._history.left_out
        if mattering is not None and whole and all(outcome.survived for outcome in outcomes):
            self._survivors.add(mattering)
        if self._crashes is not None and self._ground is not None:
            self._ground.leave()  # its session is gone
        return Examined(course.way.direction, course, outcomes, rerun, obstacle)

    def _injected(self, trial: Trial, faults: list[tuple[Site, Fault]], way: Way) -> tuple[Outcome, ...]:
        """What ``faults`` left, in their order; of those that time allows for, spread over all sites."""
        until = self._until
        if until is None:
            return tuple(trial.inject(self._told(faults)))
        if way.direction == "upgrade":  # the downgrade has what is left
            until = Budget(until).share(2)
        order = {(site.place, fault): number for number, (site, fault) in enumerate(faults)}
        given: list[tuple[Site, Fault]] = []

        def noted() -> Iterator[tuple[Site, Fault]]:
            for one in within(self._told(spread(faults)), until):
                given.append(one)
                yield one

        outcomes = sorted(trial.inject(noted()), key=lambda one: order[one.site.place, one.fault])
        if len(given) < len(faults):
            before = self._history.left_out.get(way.revision, LeftOut(0, 0, "faults"))
            missing = len(faults) - len(given)
            self._history.left_out[way.revision] = LeftOut(before.count + missing, before.of + len(faults), "faults")
        return tuple(outcomes)

    def _told(self, faults: list[tuple[Site, Fault]]) -> Iterator[tuple[Site, Fault]]:
        """``faults``, of each of which is told that it is injected next."""
        for number, one in enumerate(faults, 1):
            self._history.told(f"fault {number} of {len(faults)}")
            yield one

    def _faults(self, course: Course) -> list[tuple[Site, Fault]]:
        sites = [site for site in course.sites if site.part == "revision"]
        alike = self.knows((_kind(course),))
        if self._crashes is not None:
            return [] if alike else list(crashes(sites, everywhere=self._everywhere))
        wanted = [*sites, *self._new(course)]
        return list(faults(course.sites, wanted, killed=CAN_FORK, everywhere=self._everywhere, alike=alike))

    def _settled(self, course: Course, bench: Bench) -> Course:
        """``course`` with the columns whose values are others in a second run."""
        return course if course.after.rows == course.before.rows else course.settled(second_run(course, bench))

    def _new(self, course: Course) -> list[Site]:
        """The sites of env.py, before the revision's and after it, where the same were not examined yet.

        What env.py and Alembic send before the revision is the same after the same statements: what comes later can't
        matter to who hears of a fault. After the revision it is all of it.
        """
        direction, found = course.way.direction, []
        sent: tuple[str, ...] = ()
        for site in (one for one in course.sites if one.part == "env.py" and one.revision is None):
            sent = (*sent, site.statement)
            if self._is_new((direction, "before", *sent)):
                found.append(site)
        after = [one for one in course.sites if one.part == "env.py" and one.revision is not None]
        if self._is_new((direction, "after", *(one.statement for one in after))):
            found += after
        return found

    def _is_new(self, key: tuple[str, ...]) -> bool:
        known = key in self._known
        self._known.add(key)
        return not known

    def _arrive(self, index: int) -> "_Ground":
        """The ground in the state before the revision at ``index``, with rows."""
        if self._ground is None or self._ground.index != index:
            below = max(index - 1, 0)
            ground = self._replace_ground(below)
            self._fill(ground)
            if below < index:  # what faults do to both in one call depends on it
                self._climb_below(ground)
            self._fill(self._ground or ground)  # the one below may have been replaced
        assert self._ground is not None  # noqa: S101 (it was just made)
        return self._ground

    def _climb_below(self, ground: "_Ground") -> None:
        before = ground.clone()
        try:
            course, _ = self._climb(ground, upgrade_of(self._history, self._history.revisions[ground.index]))
            if course is None:
                self._replace_ground(ground.index + 1)
            elif course.ends_transaction:
                with Bench(before, self._history.version_table) as bench:
                    course = self._settled(course, bench)
                ground.below = Below(course, before)
        finally:
            if ground.below is None:
                before.drop()

    def _replace_ground(self, index: int) -> "_Ground":
        self.close()
        database = self._history.build(index)
        with dropped_on_error(database):
            self._ground = _Ground(index, database, self._history.version_table)
        return self._ground

    def _fill(self, ground: "_Ground") -> None:
        """Put rows into the tables that have none."""
        empty = [name for name, rows in ground.state.rows.items() if not rows.count]
        if empty:
            leave, rows = [self._history.version_table], self._history.kept(OwnRows).within(a_few)
            filled = fill(ground.watcher.connection, leave=leave, tables=empty, rows=rows)
            self.tally.unfilled |= filled.refused
            ground.watcher.flush()  # of other tables too: of those that triggers have written to
            ground.state = ground.watcher.read(ground.state)


def _kind(course: Course) -> Kind | None:
    sole = sole_transaction(course.sites)
    return None if sole is None else (course.way.direction, sole)


class _Ground:
    """The database that climbs.

    Attributes:
        index: how many revisions it holds.
        state: its state.
        below: the revision that was applied last, where that ends the transaction in its middle.
        spare: a copy of it in that state; None where there is none.
    """

    def __init__(self, index: int, database: Database, version_table: Name) -> None:
        self.index = index
        self.below: Below | None = None
        self.spare: Database | None = None
        self._database = database
        self._version_table = version_table
        self._watcher: Watcher | None = Watcher(database, version_table)
        try:
            self.state = self._watcher.read()
        except BaseException:
            self.leave()
            raise

    @property
    def watcher(self) -> Watcher:
        """Its watcher; a new one after ``clone``."""
        if self._watcher is None:
            self._watcher = Watcher(self._database, self._version_table)
            self._watcher.attach()
        return self._watcher

    def clone(self) -> Database:
        """A copy, for which the watcher's connection is closed."""
        self.leave()
        return self._database.server.clone(Template(self._database.name))

    def close(self) -> None:
        """Drop the databases."""
        self.leave()
        if self.below is not None:
            self.below.template.drop()
        if self.spare is not None:
            self.spare.drop()
        self._database.drop()

    def leave(self) -> None:
        """Close the watcher's connection."""
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None
