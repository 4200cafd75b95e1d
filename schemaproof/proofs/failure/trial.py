"""One revision in one direction: every fault at every site, and what each of them leaves."""

import gc
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Literal, Self

from schemaproof.migration.environment import Run
from schemaproof.migration.moments import Moments
from schemaproof.migration.redirect import Observer
from schemaproof.postgres import CrashServer, Database, Template
from schemaproof.proofs.failure.child import run_in_child
from schemaproof.proofs.failure.fault import Fault
from schemaproof.proofs.failure.injector import LOCK_TIMEOUT, Injector
from schemaproof.proofs.failure.sites import Counter, Site
from schemaproof.proofs.failure.state import GONE_WITHIN, Name, State, Watcher

SOON = 0.2  # seconds

Direction = Literal["upgrade", "downgrade"]
type Unstable = Mapping[Name, Collection[str]]


@dataclass(frozen=True)
class Way:
    """A revision's upgrade or downgrade, as something that can be run.

    Attributes:
        revision: its id.
        direction: which of the two.
        run: once on a database in the state before.
        again: runs on what a failure left what a person would, by the version table; and says to which of the course's
            states that leads.
    """

    revision: str
    direction: Direction
    run: Callable[[Database, Observer | None], Run]
    again: Callable[[Database], tuple[Run, Literal["before", "after"]]]


@dataclass(frozen=True)
class Course:
    """The good run of a way.

    Attributes:
        way: whose.
        sites: where it can fail.
        before: the state that it began in.
        after: the state that it led to.
        unstable: the columns whose values are others in each run (a time, a random key), by table.
        transactional_ddl: whether Alembic was told that DDL is transactional.
        between: states between the two that may be left too: those at the borders of several revisions.
    """

    way: Way
    sites: tuple[Site, ...]
    before: State
    after: State
    unstable: Unstable = field(default_factory=dict)
    transactional_ddl: bool = True
    between: tuple[State, ...] = ()

    def settled(self, second: State) -> "Course":
        """It with the columns as unstable whose values are others in ``second``, the state after another run."""
        rows = {name: (one, second.rows[name]) for name, one in self.after.rows.items() if name in second.rows}
        differing = {name: one.differing(other) for name, (one, other) in rows.items() if one != other}
        return replace(self, unstable=joined(self.unstable, differing))

    @property
    def last(self) -> Site | None:
        """The last of the revision's own sites: the COMMIT of all that it did, where there is one."""
        return next((site for site in reversed(self.sites) if site.part == "revision"), None)

    @property
    def ends_transaction(self) -> bool:
        """Whether something is committed, or runs outside of a transaction, before the revision's end."""
        mine = [site for site in self.sites if site.part == "revision"]
        return any(site.outside or site.ends_transaction or site.kind == "commit" for site in mine[:-1])

    @property
    def is_declared(self) -> bool:
        """Whether the revision says that it is not transactional: it may stop in between."""
        if self.between:
            return False  # what is tried of several revisions is the last, which was seen to be transactional
        mine = [site for site in self.sites if site.part == "revision"]
        if any(site.wants_no_transaction for site in mine):
            return True
        return not self.env_autocommit and any(site.autocommit for site in mine)

    @property
    def env_autocommit(self) -> bool:
        """Whether env.py itself chose AUTOCOMMIT, before any revision's code ran."""
        first = [site for site in self.sites if site.revision is None]
        return bool(first) and first[-1].autocommit


def joined(one: Unstable, other: Unstable) -> Unstable:
    """The columns of both."""
    return {name: {*one.get(name, ()), *other.get(name, ())} for name in {*one, *other}}


@dataclass(frozen=True)
class Rerun:
    """What came of running the same again after a failure.

    Attributes:
        error: what it raised, in words; "" where it came to its end.
        differences: how the state that it led to differs from the one without a failure.
        invalid: the indexes that are not valid in it, and would be without a failure.
    """

    error: str = ""
    differences: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()

    @property
    def recovered(self) -> bool:
        """Whether nothing tells that there was a failure."""
        return not (self.error or self.differences or self.invalid)


@dataclass(frozen=True)
class Outcome:
    """What one fault left.

    Attributes:
        site: where it was injected.
        fault: which.
        left: the state "before", the state "after", or one in "between".
        error: what env.py raised, in words; "" where it came to its end, or was killed.
        differences: how a state in between differs from the one before.
        busy: sessions and prepared transactions that still hold something.
        hung: whether the run waited for ever for a lock.
        endless: what it did, where it did not come to an end by itself for another reason.
        lost: whether a COMMIT that the server had confirmed is undone.
        rerun: what came of running it again from a state in between.
    """

    site: Site
    fault: Fault
    left: Literal["before", "after", "between"]
    error: str = ""
    differences: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()
    hung: bool = False
    endless: str = ""
    lost: bool = False
    rerun: Rerun | None = None

    @property
    def swallowed(self) -> bool:
        """Whether env.py reported success although nothing was applied."""
        killed = self.fault in {Fault.KILLED, Fault.KILLED_AFTER}
        return self.left == "before" and not self.error and not killed and not self.hung

    @property
    def survived(self) -> bool:
        """Whether what is left is what may be left."""
        recovered = self.left != "between" or (self.rerun is not None and self.rerun.recovered)
        return recovered and not (self.busy or self.hung or self.endless or self.swallowed or self.lost)

    def __str__(self) -> str:
        return f"{self.site} {self.fault.told}"


class Bench:
    """Databases like ``template``, one at a time; as a context manager it drops the last."""

    def __init__(self, template: Database, version_table: Name) -> None:
        self._template = template
        self._version_table = version_table
        self._watcher: Watcher | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.spoil()

    def watcher(self) -> Watcher:
        """A database in the state of the template, with its watcher: the last one, unless it was spoilt."""
        if self._watcher is None:
            database = self._template.server.clone(Template(self._template.name))
            try:
                self._watcher = Watcher(database, self._version_table)
                self._watcher.attach()
            except BaseException:
                database.drop()
                raise
        return self._watcher

    def another(self) -> "Bench":
        """One of its own with databases like the same template."""
        return Bench(self._template, self._version_table)

    def spoil(self) -> None:
        """Drop the last database: it is in another state than the template."""
        if self._watcher is not None:
            watcher, self._watcher = self._watcher, None
            watcher.close()
            watcher.database.drop()


def second_run(course: Course, bench: Bench) -> State:
    """The state that another good run leads to, in a database in which one has failed before.

    The sequences that the failed one used stay where it left them (manual, "Sequence Manipulation Functions"), so keys
    that come from them are others then.
    """
    watcher = bench.watcher()
    if course.last is not None:
        injector = Injector(course.last, Fault.ERROR, watcher)
        _forget_frames(course.way.run(watcher.database, injector).error)
        watcher.end_sessions()
        if course.before.differences(watcher.read(course.before), {}):  # it has left more than that
            bench.spoil()
            watcher = bench.watcher()
    course.way.run(watcher.database, Counter())
    watcher.end_sessions()
    found = watcher.read(course.before)
    bench.spoil()
    return found


class Trial:
    """Injects faults into one course.

    Args:
        course: whose.
        bench: databases in the state before it.
        crashes: the server, for crashes of it.
        moments: what every upgrade of the history makes different; grows.
    """

    def __init__(
        self, course: Course, bench: Bench, crashes: CrashServer | None = None, moments: Moments | None = None
    ) -> None:
        self._course = course
        self._bench = bench
        self._crashes = crashes
        self._moments = Moments() if moments is None else moments
        self._busy = False  # whether something was left that did not end by itself

    def inject(self, faults: Iterable[tuple[Site, Fault]]) -> Iterator[Outcome]:
        """What each fault left; nothing of those that no run came to."""
        hung = False
        for site, fault in faults:
            if hung and fault.waits:
                continue  # it would again, for as long
            outcome = self._attempt(site, fault)
            if outcome is not None:
                hung = hung or outcome.hung
                yield outcome

    def rerun(self) -> Rerun:
        """What comes of running it without a fault, where faults have left the state before."""
        found = self._rerun(self._bench.watcher(), self._course.before)
        self._bench.spoil()
        return found

    def _attempt(self, site: Site, fault: Fault) -> Outcome | None:
        watcher = self._bench.watcher()
        injector = Injector(site, fault, watcher, self._crashes.kill if self._crashes is not None else None)
        error, hung, endless = "", False, ""
        try:
            if fault in {Fault.KILLED, Fault.KILLED_AFTER}:
                injector.fired = run_in_child(lambda: self._course.way.run(watcher.database, injector))
            else:
                with watcher.lock_timeout(LOCK_TIMEOUT) if fault.waits else nullcontext():
                    run = self._course.way.run(watcher.database, injector)
                error = run.told if run.error is not None else ""
                hung = injector.hung or (fault.waits and run.hang is not None and run.hang.kind == "stalled")
                endless = run.hang.does if run.hang is not None and not hung else ""
                blocked = not fault.waits or run.error is not None or hung
                injector.fired = injector.fired and blocked  # one that nothing waited for was none
                _forget_frames(run.error)
            if injector.fired and self._crashes is not None:
                self._crashes.restart()
                watcher.reconnect()
            busy = self._left_busy(watcher, injector.holder_pid)
        finally:
            injector.release()
        watcher.end_sessions()
        seen = Outcome(site, fault, "before", error, (), tuple(busy), hung, endless)
        return self._judged(seen, watcher, fired=injector.fired)

    def _left_busy(self, watcher: Watcher, besides: tuple[int, ...]) -> list[str]:
        """What still holds something when there has been time to end."""
        busy = watcher.busy(SOON, besides)
        if busy and not self._busy:  # who has been waited for in vain once is not again
            gc.collect()  # a connection in a circle of references would have gone with the process
            busy = watcher.busy(GONE_WITHIN, besides)
        self._busy = self._busy or bool(busy)
        return busy

    def _judged(self, seen: Outcome, watcher: Watcher, *, fired: bool) -> Outcome | None:
        course = self._course
        read = watcher.read(course.before)
        state = self._seen(read)
        differences = course.before.differences(state, {})
        confirmed = seen.site == course.last and seen.fault in {Fault.CRASH_AFTER, Fault.KILLED_AFTER}
        lost = confirmed and seen.site.kind == "commit"
        if not differences:
            return replace(seen, lost=lost) if fired else None
        left: Literal["after", "between"] = "between"
        if fired:
            self._settle(state)
        if any(not self._differences(one, state) for one in (course.after, *course.between)):
            left = "after"
        again = fired and left == "between" and (course.is_declared or bool(course.between))
        rerun = self._rerun(watcher, read) if again else None
        self._bench.spoil()
        # In between too: the server may have written what came before that COMMIT, as 15 does at the end of an index.
        lost = lost and left == "between"
        return replace(seen, left=left, differences=tuple(differences), lost=lost, rerun=rerun) if fired else None

    def _settle(self, state: State) -> None:
        """Look for what is another in each run, where nothing but that may tell ``state`` from the one after.

        Two runs within a second give the same time where that is in seconds, so there may be more than is known.
        """
        after = self._course.after
        if after.versions != state.versions or not self._differences(after, state):
            return
        with self._bench.another() as bench:
            third = second_run(self._course, bench)
        if third.versions == after.versions:
            self._moments.settle(after.catalog, state.catalog, third.catalog)
            self._course = self._course.settled(third)

    def _differences(self, wanted: State, state: State, *, rows: bool = True) -> list[str]:
        return wanted.differences(state, self._course.unstable, self._moments, rows=rows)

    def _seen(self, state: State) -> State:
        return state if self._crashes is None else state.after_crash()

    def _rerun(self, watcher: Watcher, since: State) -> Rerun:
        course = self._course
        run, end = course.way.again(watcher.database)
        watcher.end_sessions()
        state = self._seen(watcher.read(since))
        if end == "after":
            self._settle(state)
        wanted = course.after if end == "after" else course.before
        changed = wanted.catalog_differences(state, self._moments)
        accepted = [one.identity for one in changed if one.attribute == "valid" and run.error is None]
        invalid = [str(identity) for identity in accepted if identity.kind == "index"]
        # What a downgrade took of the rows does not come back.
        differences = self._differences(wanted, state, rows=end == "after")
        error = run.told if run.error is not None else ""
        return Rerun(error, tuple(differences), tuple(invalid))


def _forget_frames(error: BaseException | None) -> None:
    """Let go of what the frames of ``error`` hold, as the end of a process does: connections above all."""
    while error is not None:
        with suppress(RuntimeError):
            traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
