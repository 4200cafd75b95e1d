"""From base to head, every check of the scope "revision" on every revision, in several processes side by side.

Each process climbs a stretch of the history, in a database of its own that env.py has upgraded to its start.
"""

import itertools
import multiprocessing
import os
import secrets
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import psycopg

from schemaproof.budget import LeftOut
from schemaproof.catalog import Catalog
from schemaproof.check import Check
from schemaproof.finding import together
from schemaproof.migration.coming_down import ComingDown
from schemaproof.migration.footing import Footing
from schemaproof.migration.history import History, open_history
from schemaproof.migration.inputs import read_from, take_over
from schemaproof.migration.moments import Moments
from schemaproof.migration.places import Places
from schemaproof.migration.roles import SharedRoleError
from schemaproof.migration.states import UpgradeFailedError
from schemaproof.postgres import PostgresError, Server, Template
from schemaproof.processes import ENDED_REMEDY, ending, keep_shared, said_by
from schemaproof.project.subject import Subject
from schemaproof.proofs.failure.failures import Failures, Injected
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.outcome import Obstacle
from schemaproof.run.costs import cost_of
from schemaproof.run.progress import Progress
from schemaproof.run.record import Record

if TYPE_CHECKING:
    from schemaproof.migration.stairway import Stairs

# Below this many revisions a second process takes longer to begin than it saves.
_WORTH_ANOTHER = 24  # revisions a process
_WORTH_ANOTHER_WITH_FAULTS = 1  # which take about a second a revision

# From so many on, building the database of a few that are asked about takes as long as a check of the whole history.
_WORTH_ONE_BESIDE = 64  # revisions

_BELOW = 4  # revisions

# Where the same goes wrong with as many revisions in a row, it will with the next one.
_PATIENCE = 3


@dataclass
class Stretch:
    """A part of the history, and what the process that climbed it hands over: what this process would know otherwise.

    Attributes:
        indexes: the places of its revisions, upwards.
        footing: that of the process that waits.
        read: the files of the project that were read; see ``migration.inputs``.
        asked: the ids of all revisions that are asked about; None where that is every one.
        together: those of the revisions that one deployment brings.
        templates: databases to build from, by their number of revisions.
    """

    indexes: Sequence[int]
    footing: Footing
    asked: frozenset[str] | None = None
    together: frozenset[str] = frozenset()
    templates: Mapping[int, Template] = field(default_factory=dict)
    at_start: Catalog | None = None
    at_stop: Catalog | None = None
    coming_down: dict[str, ComingDown] = field(default_factory=dict)
    role_statements: dict[str, list[str]] = field(default_factory=dict)
    unstable: Moments = field(default_factory=Moments)
    unrepeatable: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    faults: Injected = field(default_factory=Injected)
    left_out: dict[str, LeftOut] = field(default_factory=dict)


class Walk:
    """A walk that is under way; ``finish`` waits for its end.

    Attributes:
        inline: whether this process walks, as soon as it waits for the end.
        stopped_at: the revision whose upgrade fails or is not recorded; None if all can be applied.
    """

    inline = True
    stopped_at: str | None = None

    def finish(self) -> None:
        """Wait until every revision has been checked.

        Raises:
            SubjectError, PostgresError, SharedRoleError: as the checks did.
        """


@contextmanager
def walk(
    history: History, checks: Sequence[Check], progress: Progress, record: Record, *, parallel: bool
) -> Iterator[Walk]:
    """The walk of ``checks`` through what is asked of ``history``, noted in ``record``; then its processes are gone.

    What is asked need not hang together: below each gap a database is built in one call.
    """
    count = len(history.asked_indexes)
    faults = any(check.area == "failure" for check in checks)
    worth = _WORTH_ANOTHER_WITH_FAULTS if faults else _WORTH_ANOTHER
    cores = os.cpu_count() or 1
    workers = min(cores, count // worth) if parallel else 0
    if parallel and history.asked is not None and cores > 1 and len(history.revisions) >= _WORTH_ONE_BESIDE:
        workers = max(workers, 1)  # beside this one, which asks of the whole meanwhile
    elif workers == 1:
        workers = 0
    if not checks or not count:
        yield Walk()
    elif not workers:
        yield _Inline(history, checks, progress, record)
    else:
        walking = _Parallel(history, checks, progress, record, workers)
        try:
            yield walking
        finally:
            walking.end()


class _Done:
    """How far a walk is that climbs ``stretches`` side by side and asks ``checks`` of each revision."""

    def __init__(self, history: History, stretches: Iterable[Sequence[int]], checks: Sequence[Check]) -> None:
        faults = any(check.area == "failure" for check in checks)
        self._weights = {
            history.revisions[index].revision: cost_of(Path(history.revisions[index].path)).weight(
                faults=faults, first=not place
            )
            for stretch in stretches
            for place, index in enumerate(stretch)
        }
        self._count, self._weight, self._whole = 0, 0.0, sum(self._weights.values())

    def add(self, revision: str) -> tuple[int, float]:
        """Note that ``revision`` is done: how many are, and their share of the work, as far as it can be guessed."""
        self._count += 1
        self._weight += self._weights[revision]
        return self._count, self._weight / self._whole


def _lent(history: History, first: int) -> dict[int, Template]:
    """A database from which all processes build what they need below the revision at ``first``, where that pays.

    Faults need a state below it, and so do calls that begin lower; see ``proofs/upgrade/calls.py``.
    """
    if history.asked is None or first < max(_WORTH_ONE_BESIDE, _BELOW + 1):
        return {}
    with suppress(UpgradeFailedError):  # which is told where it is met
        return history.lend(first - _BELOW)
    return {}


class _Inline(Walk):
    """In this process, when ``finish`` is called."""

    def __init__(self, history: History, checks: Sequence[Check], progress: Progress, record: Record) -> None:
        self._history, self._checks, self._progress, self._record = history, checks, progress, record

    def finish(self) -> None:
        indexes = self._history.asked_indexes
        self._progress.stage("revisions", len(indexes))
        done = _Done(self._history, [indexes], self._checks)

        def told(index: int) -> None:
            self._record.count("walk", self._history.kept(Failures).tally)
            revision = self._history.revisions[index].revision
            self._progress.step(revision, *done.add(revision))

        climb = Climb(self._history, self._checks, self._record, told, self._progress.now)
        self.stopped_at = climb.over(indexes)


class _Parallel(Walk):
    """A process for each stretch; threads here take in what they say."""

    inline = False

    def __init__(
        self, history: History, checks: Sequence[Check], progress: Progress, record: Record, workers: int
    ) -> None:
        self._history, self._progress, self._record = history, progress, record
        self._lock = threading.Lock()
        self._stretches: list[Stretch] = []
        self._errors: list[BaseException] = []
        self._stops: list[int] = []
        self._processes: list[BaseProcess] = []
        # In a name of their own: where they are ended, their databases can be told from the others of this run.
        self._server = server = replace(history.server, run=f"{history.server.run}_{secrets.token_hex(2)}")
        indexes = history.asked_indexes
        progress.stage("revisions", len(indexes))
        templates = _lent(history, indexes[0])
        # A forked process has the project's modules and this one's already; elsewhere fork is not safe.
        context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        subject = replace(history.subject, driver=history.environment.driver)
        bounds = [len(indexes) * number // workers for number in range(workers + 1)]
        self._parts = [indexes[start:stop] for start, stop in itertools.pairwise(bounds)]
        self._done = _Done(history, self._parts, checks)
        pipes: list[Connection] = []
        for part in self._parts:
            ours, theirs = context.Pipe(duplex=False)
            names = [check.id for check in checks]
            stretch = Stretch(part, history.footing.on(replace(server)), history.asked, history.together, templates)
            arguments = (theirs, subject, replace(server), names, stretch)
            process = context.Process(target=_work, args=arguments, daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)
            pipes.append(ours)
        told = zip(pipes, self._processes, strict=True)
        self._readers = [threading.Thread(target=self._read, args=both, daemon=True) for both in told]
        for reader in self._readers:
            reader.start()

    def finish(self) -> None:
        for reader in self._readers:
            reader.join()
        for error in self._errors:
            raise error
        for process, part in zip(self._processes, self._parts, strict=True):
            process.join()
            if process.exitcode:
                self._record.fail(self._died(process, part))
        if self._stops:
            self.stopped_at = self._history.revisions[min(self._stops)].revision
        for stretch in sorted(self._stretches, key=lambda one: one.indexes[0]):
            self._take_over(stretch)

    def _died(self, process: BaseProcess, part: Sequence[int]) -> Obstacle:
        """The obstacle of a process that died; the others, and the checks of the whole history, go on."""
        first, last = (self._history.revisions[index].revision for index in (part[0], part[-1]))
        return Obstacle(
            "impossible",
            f"The process that checked revisions {first} to {last} died ({ending(process.exitcode)}).",
            remedy=ENDED_REMEDY,
        )

    def end(self) -> None:
        """End the processes that still run, and drop their databases: they may use roles that are to be dropped."""
        for process in self._processes:
            if process.is_alive():
                process.terminate()
            process.join()
        with suppress(PostgresError, psycopg.Error):  # what is lost with the server need not be dropped
            self._server.drop_all()
        self._server.close()

    def _take_over(self, stretch: Stretch) -> None:
        history = self._history
        history.in_one_call.unstable |= stretch.unstable
        history.in_one_call.unrepeatable |= stretch.unrepeatable
        history.kept(Failures).take_over(stretch.faults)
        history.note_left_out(stretch.left_out)
        take_over(stretch.read)
        for revision, down in stretch.coming_down.items():
            history.note_coming_down(revision, down)
        for revision, statements in stretch.role_statements.items():
            history.role_statements.setdefault(revision, []).extend(statements)
        if stretch.at_start is not None:
            history.in_one_call.note_one_call(stretch.indexes[0], stretch.at_start)
            if not stretch.indexes[0]:
                history.note_base(stretch.at_start)
        if stretch.at_stop is not None:
            history.in_one_call.note_steps(stretch.indexes[-1] + 1, stretch.at_stop)

    def _read(self, pipe: Connection, process: BaseProcess) -> None:
        for kind, *said in said_by(pipe, process):
            with self._lock:
                getattr(self, f"_hear_{kind}")(*said)

    def _hear_event(self, kind: str, said: tuple[Any, ...]) -> None:
        self._record.hear(kind, said)

    def _hear_done(self, revision: str) -> None:
        self._progress.step(revision, *self._done.add(revision))

    def _hear_now(self, text: str) -> None:
        self._progress.now(text)

    def _hear_stopped(self, index: int) -> None:
        self._stops.append(index)

    def _hear_stretch(self, stretch: Stretch) -> None:
        self._stretches.append(stretch)

    def _hear_error(self, error: BaseException) -> None:
        self._errors.append(error)
        if isinstance(error, SharedRoleError):  # the roles that were made there are to be dropped here
            self._history.role_statements.setdefault("", []).extend(error.statements)
        self.end()


class Climb:
    """Runs ``checks`` on one revision after the other, upwards.

    What goes wrong with one of them is noted and stops no other, unless it goes wrong again and again.

    Args:
        told: called with the position of each revision that has been checked.
        now: called with what is being asked, in words.
    """

    def __init__(
        self,
        history: History,
        checks: Sequence[Check],
        record: Record,
        told: Callable[[int], None],
        now: Callable[[str], None],
    ) -> None:
        self._history, self._checks, self._record, self._told, self._now = history, checks, record, told, now
        self._failures: dict[str | None, list[str]] = {}  # what went wrong in a row, by check; None: with the stairway
        self._given_up: set[str | None] = set()

    def over(self, indexes: Sequence[int]) -> str | None:
        """Check the revisions at ``indexes``; the revision that can't be passed, if there is one."""
        later = self._history.ahead - 1  # checks that this process asks afterwards
        for number, index in enumerate(indexes):
            revision = self._history.revisions[index].revision
            self._history.ahead = len(indexes) - number + later
            start = perf_counter()
            stairs: Stairs | None = None
            self._now(f"{revision} up, down and up again")
            try:
                stairs = self._history.stairs(revision)  # which all share
            except UpgradeFailedError as error:
                return self._history.revisions[error.index].revision
            except SharedRoleError:
                raise
            except Exception as error:  # noqa: BLE001 (it is told, and the other revisions are examined)
                self._failed(error, None, revision)
            self._record.share(start)
            if None in self._given_up:
                return None
            if stairs is not None:
                self._ask(revision)
                self._failures.pop(None, None)
            self._told(index)
            if stairs is not None and not stairs.recorded:
                return revision
        return None

    def _ask(self, revision: str) -> None:
        for check in self._checks:
            if check.id in self._given_up:
                continue
            start = perf_counter()
            tell_how_far(self._history, f"{revision} {check.id}", self._now)
            try:
                findings = self._history.kept(Places).on(together(check.examine(self._history, revision)))
            except SharedRoleError:
                raise
            except Exception as error:  # noqa: BLE001 (it is told, and the other checks are asked)
                self._failed(error, check.id, revision)
            else:
                self._record.add(check.id, findings, start, revision)
                self._failures.pop(check.id, None)

    def _failed(self, error: Exception, check: str | None, revision: str) -> None:
        """Note it; after several of the same in a row, for all revisions to come."""
        self._history.server.require()  # where it is lost, that is what there is to say
        self._history.abandon()
        obstacle = Obstacle.of(error, check, revision)
        self._record.fail(obstacle)
        causes = self._failures.setdefault(check, [])
        causes.append(obstacle.cause)
        if causes[-_PATIENCE:] == [obstacle.cause] * _PATIENCE:
            self._record.fail(replace(obstacle, revision=None))
            self._given_up.add(check)


def tell_how_far(history: History, what: str, now: Callable[[str], None]) -> None:
    """Tell that ``what`` is being asked, and how far it is as soon as it says so."""
    now(what)
    history.told = lambda text: now(f"{what}: {text}")


def _work(pipe: Connection, subject: Subject, server: Server, names: Sequence[str], stretch: Stretch) -> None:
    """The other process: climb ``stretch`` and report what was found."""
    keep_shared()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the process that waits too, and it ends this one
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    checks = [check for check in CHECKS if check.id in names]
    record = Record(tuple(names), listener=lambda kind, said: pipe.send(("event", kind, said)))
    try:
        with open_history(subject, server, footing=stretch.footing) as history:
            history.asked, history.spent = stretch.asked, record.share
            history.together = stretch.together
            history.borrow(stretch.templates)
            stopped = _climb_stretch(history, checks, stretch, record, pipe)
            if stopped is not None:
                pipe.send(("stopped", history.positions[stopped]))
            stretch.role_statements, stretch.unstable = history.role_statements, history.unstable
            stretch.unrepeatable, stretch.left_out = history.in_one_call.unrepeatable, history.left_out
            stretch.faults, stretch.read = history.kept(Failures).injected, read_from(subject.project)
            pipe.send(("stretch", stretch))
    except BaseException as error:  # noqa: BLE001 (the process that waits raises it)
        pipe.send(("error", _sendable(error)))
    finally:
        server.close()
        pipe.close()


def _climb_stretch(
    history: History, checks: Sequence[Check], stretch: Stretch, record: Record, pipe: Connection
) -> str | None:
    def told(index: int) -> None:
        revision = history.revisions[index].revision
        if history.knows(revision):  # not where it could not be examined
            stretch.coming_down[revision] = history.coming_down(index)
            stretch.at_stop = history.stairs(revision).first
        record.count(f"walk from {stretch.indexes[0]}", history.kept(Failures).tally)
        pipe.send(("done", revision))

    try:
        stretch.at_start = history.catalog_at(stretch.indexes[0])
    except UpgradeFailedError as error:
        return history.revisions[error.index].revision
    return Climb(history, checks, record, told, lambda text: pipe.send(("now", text))).over(stretch.indexes)


def _sendable(error: BaseException) -> Any:
    """``error`` if it can be sent to another process, else its traceback."""
    if type(error).__module__.startswith("schemaproof."):
        return error
    return RuntimeError("".join(traceback.format_exception(error)))
