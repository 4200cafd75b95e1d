"""A verification in a process of its own, seen from the one that reports what it finds.

The project's code runs there. It may end its process, catch every exception, take hold of the signals or never come
back: the process that reports sees none of it but the events, and can end all of it at any time. The other process is a
session of its own, so that a terminal's Ctrl-C does not reach it, and all that it starts goes with it.
"""

import faulthandler
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from time import monotonic, sleep
from typing import IO, Any, NoReturn

from schemaproof.postgres import Options, choose, start, sweep
from schemaproof.processes import ENDED_REMEDY, ending, keep_shared
from schemaproof.project.subject import Subject
from schemaproof.proofs.failure.crashing import standing_by
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.outcome import Obstacle
from schemaproof.run.cache import Cache
from schemaproof.run.files_alone import look
from schemaproof.run.interruption import Interruption, held_back, let_in
from schemaproof.run.progress import Display
from schemaproof.run.record import Record
from schemaproof.run.scope import EVERYTHING, Wanted
from schemaproof.run.verify import examine

# A forked process has all modules already; elsewhere fork is not safe.
_CONTEXT = "fork" if sys.platform == "linux" else "spawn"

_LOOK = 0.5  # seconds between two looks at a process that says nothing
_FATAL = "Fatal Python error"  # faulthandler's first words
_LINES = 20  # of either
_GRACE = 1.0  # seconds for one that has to clean up a server which it did not start

Say = Callable[..., None]


@dataclass(frozen=True)
class Request:
    """What the other process has to do.

    Attributes:
        subject: what is verified.
        checks: the ids of the checks to run, those of the other parts included where it is a part.
        options: the server.
        wanted: which revisions are asked about.
        cached: whether what is known of revisions from earlier runs is not asked again.
        files_alone: whether only the revisions' files are looked at, without a server.
    """

    subject: Subject
    checks: tuple[str, ...]
    options: Options
    wanted: Wanted = EVERYTHING
    cached: bool = False
    files_alone: bool = False


def work(request: Request, say: Say) -> None:
    """Start the server and run the checks; ``say`` gets every event, "examined" before the server is stopped.

    If only files are looked at and something is wrong with them, it gets "undecided".

    Raises:
        ProofError: if the subject can't be verified, or the server fails.
    """
    checks = [check for check in CHECKS if check.id in request.checks]
    ids = tuple(check.id for check in request.wanted.checks(checks))
    record = Record(ids, listener=lambda kind, said: say("event", kind, said))
    if request.files_alone:
        say("examined" if look(request.subject, checks, request.wanted, record) else "undecided")
        return
    choice = choose(request.options)
    say("chosen", choice.provider)
    crashes = "crash-recovery" in ids and choice.provider != "url"  # a named server is never crashed
    with (
        standing_by() if crashes else nullcontext(),  # before any of the project's code
        start(request.options, choice=choice, progress=lambda text: say("tell", text)) as server,
    ):
        told = _Told(say)
        cache = Cache(request.subject.project) if request.cached else None
        examine(
            request.subject, server, checks=checks, progress=told, record=record, wanted=request.wanted, cache=cache
        )
        say("examined")


class _Told:
    """Progress as it is heard in another process."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def stage(self, text: str, total: int) -> None:
        self._say("stage", text, total)

    def step(self, text: str, done: int, share: float | None = None) -> None:
        self._say("step", text, done, share)

    def now(self, text: str) -> None:
        self._say("now", text)


class Examination:
    """The other process, which works on ``request``; what it finds goes into ``record``.

    Attributes:
        obstacle: why it did not finish; None if it did, or still runs.
        examined: whether all checks have run, as far as they could.
        undecided: whether the files alone have not answered them.
    """

    def __init__(self, request: Request, record: Record) -> None:
        self.obstacle: Obstacle | None = None
        self.examined = False
        self.undecided = False
        self._over = False
        self._request, self._record = request, record
        self._provider = ""
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        context: Any = multiprocessing.get_context(_CONTEXT)
        self._pipe, theirs = context.Pipe(duplex=False)
        words = self._words if _CONTEXT == "fork" else None
        self._process: BaseProcess = context.Process(target=_main, args=(theirs, request, words))
        with held_back(), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside the thread that watches for signals
            self._process.start()
        theirs.close()

    def follow(self, progress: Display, interruption: Interruption) -> None:
        """Take in its events until all checks have run, it ends otherwise, or a signal comes."""
        while not (self.examined or self._over or interruption.signal):
            self._listen(progress, interruption)

    def finish(self, interruption: Interruption) -> None:
        """Wait until its server is gone and it has exited; end it if it does not, or if a signal comes."""
        while not (self._over or interruption.signal):
            self._listen(None, interruption)
        self.end()
        if interruption.signal:
            self._sweep()
        self._words.close()

    def _sweep(self) -> None:
        """Remove its server, in a process that goes on where this one must end before that is done."""
        context: Any = multiprocessing.get_context(_CONTEXT)
        sweeper = context.Process(target=_sweep, args=(self._request.options, self._provider), daemon=False)
        with held_back(), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # as above
            sweeper.start()
        sweeper.join()

    def end(self) -> None:
        """End it and all that it has started; the events until then are taken in."""
        if self._provider == "url" and self._process.is_alive():
            self._terminate()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid or 0, signal.SIGKILL)
        if self._process.is_alive():  # it may not have become a session yet
            self._process.kill()
        while self._heard(None):
            pass
        self._process.join()

    def _terminate(self) -> None:
        """Let it drop its databases and roles: they are on a server that stays."""
        self._process.terminate()
        until = monotonic() + _GRACE
        while self._process.is_alive() and monotonic() < until:
            if self._pipe.poll(0.02):
                self._heard(None)

    def _listen(self, progress: Display | None, interruption: Interruption) -> None:
        """Wait for the next event, and take it in."""
        wait([self._pipe, self._process.sentinel, interruption.fileno()], _LOOK)
        if interruption.signal or self._heard(progress):
            return
        if not self._process.is_alive() and not self._heard(progress):
            self._gone()

    def _heard(self, progress: Display | None) -> bool:
        """Whether there was an event, which is taken in then."""
        try:
            if not self._pipe.poll():
                return False
            kind, *said = self._pipe.recv()
        except (EOFError, OSError):  # OSError: cut off in the middle of a message
            self._process.join(_LOOK)
            return False
        self._take(kind, said, progress)
        return True

    def _take(self, kind: str, said: Sequence[Any], progress: Display | None) -> None:
        if kind == "event":
            self._record.hear(*said)
        elif kind == "chosen":
            (self._provider,) = said
        elif kind == "raised":
            (self.obstacle,) = said
        elif kind == "examined":
            self.examined = True
        elif kind == "undecided":
            self.undecided = True
        elif progress is not None:
            getattr(progress, kind)(*said)

    def _gone(self) -> None:
        """It has ended: in order, after it has said why it could not go on, or where nobody expected it."""
        self._over = True
        if self.obstacle or ((self.examined or self.undecided) and not self._process.exitcode):
            return
        self.obstacle = Obstacle(
            "impossible",
            f"The process that runs the project's code died ({ending(self._process.exitcode)}) {self._record.place()}.",
            self._last_words(),
            ENDED_REMEDY,
        )

    def _last_words(self) -> str:
        """The end of what it printed past Python; of a crash the stack, which begins with the code that crashed."""
        self._words.seek(0)
        printed = self._words.read().decode(errors="replace")
        before, fatal, stack = printed.rpartition(_FATAL)
        lines = [*before.splitlines()[-_LINES:], *f"{fatal}{stack}".splitlines()[:_LINES]]
        return "\n".join(lines)


def _main(pipe: Connection, request: Request, words: IO[bytes] | None) -> NoReturn:
    """The other process."""
    keep_shared()
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stopped = threading.Event()

    def stop(*_: object) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stopped.set()
        raise SystemExit(1)  # on the way out, its databases are dropped

    signal.signal(signal.SIGTERM, stop)
    signal.set_wakeup_fd(-1)
    let_in()
    _redirect(words)
    lock = threading.Lock()  # several processes' readers say something

    def say(*said: Any) -> None:
        if stopped.is_set():  # whatever catches the exit takes it for an error of the project's, or of the harness
            return
        with lock:
            pipe.send(said)

    status = 0
    try:
        work(request, say)
    except BrokenPipeError:  # nobody listens any more
        status = 1
    except BaseException as error:  # noqa: BLE001 (the process that reports tells it)
        with suppress(OSError):
            say("raised", Obstacle.of(error))
    finally:
        pipe.close()
    sys.exit(status)


def _sweep(options: Options, provider: str) -> None:
    """The process that removes what is left."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    signal.set_wakeup_fd(-1)
    let_in()
    sweep(options, provider)
    if provider == "container":  # the engine may have been about to make one
        sleep(_LOOK)
        sweep(options, provider)


def _redirect(words: IO[bytes] | None) -> None:
    """Nothing to read, and what is printed past Python goes where it can be told: the terminal is the other's."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    for descriptor in (1, 2):
        os.dup2(null if words is None else words.fileno(), descriptor)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 (it stays open)
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 (it stays open)
    sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 (it stays open)
    faulthandler.enable(2)
