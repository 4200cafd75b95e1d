"""From base to head, every check of the scope "revision" asked of every revision, in several processes at a time.

Each process climbs a stretch of the history, in a database of its own that env.py has brought to where it begins.
"""

import itertools
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from schemaproof.catalog import Catalog
from schemaproof.checks import CHECKS, Check
from schemaproof.faults.tally import Tally
from schemaproof.finding import Finding
from schemaproof.history import History, open_history
from schemaproof.migration.moments import Moments
from schemaproof.migration.states import UpgradeFailedError
from schemaproof.postgres import Database, PostgresError, Server
from schemaproof.subject import Subject

if TYPE_CHECKING:
    from schemaproof.verify import Progress

# Below this many revisions a second process takes longer to begin than it saves.
_WORTH_ANOTHER = 24  # revisions a process
_WORTH_ANOTHER_WITH_FAULTS = 1  # which take about a second a revision


@dataclass
class Findings:
    """What a walk found: each check's findings and seconds, and where it could not go on.

    Attributes:
        stopped_at: the revision whose upgrade fails or is not recorded, or which comes after such a one; None for none.
    """

    findings: dict[str, list[Finding]]
    seconds: dict[str, float]
    stopped_at: str | None = None

    @classmethod
    def of(cls, checks: Sequence[Check]) -> Self:
        """Nothing found yet by ``checks``."""
        return cls({check.id: [] for check in checks}, {check.id: 0.0 for check in checks})

    def add(self, check: str, findings: Sequence[Finding], seconds: float) -> None:
        """Add what ``check`` found in one revision."""
        self.findings[check].extend(findings)
        self.seconds[check] += seconds


@dataclass
class Stretch:
    """A part of the history, and what the process that climbed it hands over: all that the history here would know.

    Attributes:
        start: the number of revisions below it.
        stop: the number of revisions up to its end.
        standin: that of the process that asks.
    """

    start: int
    stop: int
    standin: Database | None = None
    at_start: Catalog | None = None
    at_stop: Catalog | None = None
    clean: dict[str, bool] = field(default_factory=dict)
    role_statements: dict[str, list[str]] = field(default_factory=dict)
    unstable: Moments = field(default_factory=Moments)
    faults: Tally = field(default_factory=Tally)
    spoilt: set[tuple[str, str]] = field(default_factory=set)


class Walk(Findings):
    """A walk that is under way; ``finish`` waits for its end."""

    inline = True

    def finish(self) -> None:
        """Wait until every revision was examined.

        Raises:
            SubjectError, PostgresError, SharedRoleError: as the examination did.
        """


@contextmanager
def walk(history: History, checks: Sequence[Check], progress: "Progress", *, parallel: bool) -> Iterator[Walk]:
    """The walk of ``checks`` through ``history``; nothing of it runs any more at the end."""
    count = len(history.revisions)
    faults = any(check.area == "failure" for check in checks)
    worth = _WORTH_ANOTHER_WITH_FAULTS if faults else _WORTH_ANOTHER
    workers = min(os.cpu_count() or 1, count // worth) if parallel else 1
    if not checks:
        yield Walk.of(checks)
    elif workers < 2:
        yield _Inline.begin(history, checks, progress)
    else:
        walking = _Parallel.begin(history, checks, progress, workers)
        try:
            yield walking
        finally:
            walking.end()


class _Inline(Walk):
    """In this process, when ``finish`` is called."""

    _history: History
    _checks: Sequence[Check]
    _progress: "Progress"

    @classmethod
    def begin(cls, history: History, checks: Sequence[Check], progress: "Progress") -> Self:
        self = cls.of(checks)
        self._history, self._checks, self._progress = history, checks, progress
        return self

    def finish(self) -> None:
        count = len(self._history.revisions)
        self._progress.stage("revisions", count)

        def told(index: int) -> None:
            self._progress.step(self._history.revisions[index].revision, index + 1)

        self.stopped_at = _climb(self._history, self._checks, range(count), self, told)


class _Parallel(Walk):
    """A process for each stretch; threads here take in what they say."""

    inline = False
    _history: History
    _progress: "Progress"
    _lock: threading.Lock
    _done: int
    _stretches: list[Stretch]
    _errors: list[BaseException]
    _stops: list[int]
    _processes: list[BaseProcess]
    _readers: list[threading.Thread]

    @classmethod
    def begin(cls, history: History, checks: Sequence[Check], progress: "Progress", workers: int) -> Self:
        self = cls.of(checks)
        self._history, self._progress = history, progress
        self._lock, self._done = threading.Lock(), 0
        self._stretches, self._errors, self._stops = [], [], []
        count = len(history.revisions)
        progress.stage("revisions", count)
        # A forked process has the project's modules and this one's already; elsewhere fork is not safe.
        context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        subject = replace(history.subject, driver=history.environment.driver)
        bounds = [count * number // workers for number in range(workers + 1)]
        self._processes = []
        pipes: list[Connection] = []
        for start, stop in itertools.pairwise(bounds):
            ours, theirs = context.Pipe(duplex=False)
            names = [check.id for check in checks]
            stretch = Stretch(start, stop, replace(history.environment.standin, server=replace(history.server)))
            arguments = (theirs, subject, replace(history.server), names, stretch)
            process = context.Process(target=_work, args=arguments, daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)
            pipes.append(ours)
        self._readers = [threading.Thread(target=self._read, args=(pipe,), daemon=True) for pipe in pipes]
        for reader in self._readers:
            reader.start()
        return self

    def finish(self) -> None:
        for reader in self._readers:
            reader.join()
        for error in self._errors:
            raise error
        for process in self._processes:
            process.join()
            if process.exitcode:
                raise PostgresError(
                    f"A process of the verification ended by itself (exit code {process.exitcode}).",
                    remedy="Look whether the machine ran out of memory, and run again.",
                )
        if self._stops:
            self.stopped_at = self._history.revisions[min(self._stops)].revision
        for stretch in sorted(self._stretches, key=lambda one: one.start):
            self._take_over(stretch)

    def end(self) -> None:
        """End the processes that still run; their databases go with the run's."""
        for process in self._processes:
            if process.is_alive():
                process.terminate()
            process.join()

    def _take_over(self, stretch: Stretch) -> None:
        history = self._history
        history.unstable |= stretch.unstable
        history.proof.tally.add(stretch.faults)
        history.spoilt |= stretch.spoilt
        for revision, clean in stretch.clean.items():
            history.note_clean(revision, clean=clean)
        for revision, statements in stretch.role_statements.items():
            history.role_statements.setdefault(revision, []).extend(statements)
        if stretch.at_start is not None:
            history.note_one_call(stretch.start, stretch.at_start)
        if stretch.at_stop is not None:
            history.note_stepwise(stretch.stop, stretch.at_stop)

    def _read(self, pipe: Connection) -> None:
        while True:
            try:
                kind, *said = pipe.recv()
            except EOFError:
                return
            with self._lock:
                getattr(self, f"_hear_{kind}")(*said)

    def _hear_found(self, check: str, findings: list[Finding], seconds: float) -> None:
        self.add(check, findings, seconds)

    def _hear_done(self, revision: str) -> None:
        self._done += 1
        self._progress.step(revision, self._done)

    def _hear_stopped(self, index: int) -> None:
        self._stops.append(index)

    def _hear_stretch(self, stretch: Stretch) -> None:
        self._stretches.append(stretch)

    def _hear_error(self, error: BaseException) -> None:
        self._errors.append(error)
        self.end()


class _Sender(Findings):
    """Hands findings to the process that waits for them."""

    pipe: Connection

    def add(self, check: str, findings: Sequence[Finding], seconds: float) -> None:
        self.pipe.send(("found", check, list(findings), seconds))


def _climb(
    history: History, checks: Sequence[Check], indexes: range, found: Findings, told: Callable[[int], None]
) -> str | None:
    """Ask ``checks`` of the revisions at ``indexes``, upwards; the revision that can't be passed, if there is one."""
    for index in indexes:
        revision = history.revisions[index].revision
        start = perf_counter()
        try:
            stairs = history.stairs(revision)  # which all checks share; its time counts for the first of them
        except UpgradeFailedError as error:
            return history.revisions[error.index].revision
        for check in checks:
            found.add(check.id, tuple(check.examine(history, revision)), perf_counter() - start)
            start = perf_counter()
        told(index)
        if not stairs.recorded:
            return revision
    return None


def _work(pipe: Connection, subject: Subject, server: Server, names: Sequence[str], stretch: Stretch) -> None:
    """The other process: climb ``stretch``, and say what was found."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the process that waits too, and it ends this one
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    checks = [check for check in CHECKS if check.id in names]
    found = _Sender.of(checks)
    found.pipe = pipe
    try:
        with open_history(subject, server, standin=stretch.standin) as history:
            stopped = _climb_stretch(history, checks, stretch, found)
            if stopped is not None:
                pipe.send(("stopped", history.positions[stopped]))
            stretch.role_statements, stretch.unstable = history.role_statements, history.unstable
            stretch.faults, stretch.spoilt = history.proof.tally, history.spoilt
            pipe.send(("stretch", stretch))
    except BaseException as error:  # noqa: BLE001 (the process that waits raises it)
        pipe.send(("error", _sendable(error)))
    finally:
        server.close()
        pipe.close()


def _climb_stretch(history: History, checks: Sequence[Check], stretch: Stretch, found: _Sender) -> str | None:
    def told(index: int) -> None:
        revision = history.revisions[index].revision
        stretch.clean[revision] = history.is_clean(index)
        stretch.at_stop = history.stairs(revision).first
        found.pipe.send(("done", revision))

    try:
        stretch.at_start = history.catalog_at(stretch.start)
    except UpgradeFailedError as error:
        return history.revisions[error.index].revision
    return _climb(history, checks, range(stretch.start, stretch.stop), found, told)


def _sendable(error: BaseException) -> Any:
    """``error`` as it survives the way to another process, or what can be said of it."""
    if type(error).__module__.startswith("schemaproof."):
        return error
    return RuntimeError("".join(traceback.format_exception(error)))
