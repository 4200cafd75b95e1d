"""Crashes of the whole server, in a process of its own with a server of its own, beside everything else.

The project's modules may have kept the URL of the other server, so that process must have none of them. A new one would
import Alembic, SQLAlchemy and all of this anew, a second of CPU. So who is about to examine a project lets one
:func:`stand by <standing_by>`, forked before any of the project's code runs; where there is none, a new one is made.
"""

import contextlib
import multiprocessing
import os
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, NoReturn

from schemaproof.budget import LeftOut
from schemaproof.catalog import noise
from schemaproof.errors import ProofError
from schemaproof.postgres import PostgresError, Server, start_crashable
from schemaproof.processes import ENDED_REMEDY, ending, keep_shared, said_by
from schemaproof.project.subject import Subject
from schemaproof.proofs.failure.child import CAN_FORK
from schemaproof.proofs.failure.proof import Examined, Kinds, Proof
from schemaproof.tally import Tally

_SOON = 0.5  # seconds for a process that has said all
_PATIENCE = 60.0  # seconds for one that is asked to end: it removes its server


@dataclass
class Crashes:
    """What crashes left.

    Attributes:
        examined: by revision, what they did to it.
        tally: how many there were.
        left_out: by revision, the faults that the budget did not allow for.
        error: why there is no more, where that is not a defect of the revisions.
    """

    examined: dict[str, tuple[Examined, ...]] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    error: BaseException | None = None


@dataclass(frozen=True)
class _Task:
    """What the other process has to do; see :class:`Crasher`.

    Attributes:
        release: the server's version(); that of the one to crash is the same.
        proved: what such a server makes different by itself; None where this process has not found out.
    """

    subject: Subject
    options: Any
    everywhere: bool
    revisions: Sequence[str] | None
    release: str
    proved: tuple[noise.Noise, ...] | None


@dataclass
class _StandBy:
    """A process that waits for its task, and the pipe to it; of the process ``owner``."""

    process: BaseProcess
    pipe: Connection
    owner: int = field(default_factory=os.getpid)

    def end(self) -> None:
        """End it: it has done nothing yet."""
        self.pipe.close()
        self.process.kill()
        self.process.join()


_waiting: _StandBy | None = None


@contextlib.contextmanager
def standing_by() -> Iterator[None]:
    """Let a process wait meanwhile for the first :class:`Crasher`; none where processes can't be forked."""
    global _waiting  # noqa: PLW0603 (who crashes is asked by checks, which know of no run)
    if CAN_FORK:
        ours, process = _started("fork")
        _waiting = _StandBy(process, ours)
    try:
        yield
    finally:
        waiting, _waiting = _waiting, None
        if waiting is not None:
            waiting.end()


def _called() -> _StandBy:
    """The process that stands by, or a new one, the caller's to end."""
    global _waiting  # noqa: PLW0603 (likewise)
    waiting = _waiting
    if waiting is None or waiting.owner != os.getpid():  # that of the process from which this one was forked
        ours, process = _started("spawn")
        return _StandBy(process, ours)
    _waiting = None
    return waiting


def _started(method: str) -> tuple[Connection, BaseProcess]:
    context: Any = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, ours if method == "fork" else None), daemon=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads: nothing of theirs is used
        process.start()
    theirs.close()
    return ours, process


class Crasher:
    """The other process, seen from this one.

    Args:
        subject: whose revisions; its driver is known.
        server: the server of the run; the one to crash is started like it.
        everywhere: whether it is crashed at every statement.
        revisions: the ids of those in which it is crashed; None for all.
    """

    def __init__(
        self, subject: Subject, server: Server, *, everywhere: bool, revisions: Sequence[str] | None = None
    ) -> None:
        called = _called()
        self._pipe, self._process = called.pipe, called.process
        release = server.build
        self._pipe.send(_Task(subject, server.options, everywhere, revisions, release, noise.proved(release)))

    def finish(self, kinds: Mapping[str, Kinds], told: Callable[[str], None]) -> Crashes:
        """Let it crash its server, and wait for the end.

        Args:
            kinds: of which kinds the revisions are; what is known of one kind is not looked for again. The others, and
                all if this is empty, are gone through.
            told: hears of each revision that is done.

        Raises:
            ProofError: as the other process did, or when it is gone.
        """
        found = Crashes()
        with contextlib.suppress(OSError):  # why it is gone is told below
            self._pipe.send(dict(kinds))
        for kind, said in said_by(self._pipe, self._process):
            if kind == "examined":
                revision, examined = said
                found.examined[revision] = examined
                told(revision)
            elif kind == "done":
                found.tally, found.left_out = said
                self.end()
                return found
            else:
                raise said
        self._process.join()
        raise PostgresError(
            f"The process that crashes the server ended by itself ({ending(self._process.exitcode)}).",
            remedy=ENDED_REMEDY,
        )

    def end(self) -> None:
        """End it; its server goes with it."""
        self._pipe.close()
        self._process.join(_SOON)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()


def _work(pipe: Connection, others: Connection | None) -> None:
    """The other process; ``others`` is the end of the pipe that is not its own, where it has got that too."""
    keep_shared()
    if others is not None:
        others.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the process that waits too, and it ends this one
    signal.signal(signal.SIGTERM, _stop)
    task: _Task = _received(pipe)
    from schemaproof.migration.history import open_history

    if task.proved is not None:
        noise.remember(task.release, task.proved)
    try:
        with start_crashable(task.options) as crashes, open_history(task.subject, crashes.server) as history:
            proof = Proof(history, crashes=crashes, everywhere=task.everywhere)
            kinds: Mapping[str, Kinds] = _received(pipe)
            try:
                every = [*history.positions] if task.revisions is None else task.revisions
                for number, revision in enumerate(every):
                    if kinds and (revision not in kinds or proof.knows(kinds[revision])):
                        continue
                    history.ahead = len(every) - number
                    examined = proof.examine(revision)
                    pipe.send(("examined", (revision, tuple(map(_plain, examined)))))
                    if examined and examined[0].course is None:
                        break  # other checks tell that it can't be passed
            finally:
                proof.close()
            pipe.send(("done", (proof.tally, history.left_out)))
    except ProofError as error:
        _send(pipe, error)
    except Exception as error:  # noqa: BLE001 (the process that waits raises it)
        _send(pipe, RuntimeError("".join(traceback.format_exception(error))))
    finally:
        pipe.close()


def _received(pipe: Connection) -> Any:
    try:
        return pipe.recv()
    except EOFError:  # nobody wants to know any more
        raise SystemExit from None


def _send(pipe: Connection, error: Exception) -> None:
    with contextlib.suppress(OSError):  # nobody waits any more
        pipe.send(("error", error))


def _stop(*_: object) -> NoReturn:
    raise SystemExit  # on the way out, the server is removed


def _plain(examined: Examined) -> Examined:
    """``examined`` without what does not travel to another process."""
    course = examined.course
    if course is None:
        return examined
    return replace(examined, course=replace(course, way=replace(course.way, run=_nothing, again=_nothing)))


def _nothing(*_: object) -> Any:
    raise AssertionError("a way that has travelled is not run")
