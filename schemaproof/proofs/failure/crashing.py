"""Crashes of the whole server, in a process of its own with a server of its own, beside everything else."""

import contextlib
import multiprocessing
import signal
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, NoReturn

from schemaproof.budget import LeftOut
from schemaproof.errors import ProofError
from schemaproof.postgres import PostgresError, Server, start_crashable
from schemaproof.processes import ENDED_REMEDY, ending, said_by
from schemaproof.project.subject import Subject
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
        # Spawned: the project's modules may have kept the URL of the other server.
        context: Any = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        arguments = (theirs, subject, server.options, everywhere, revisions)
        self._process: BaseProcess = context.Process(target=_work, args=arguments, daemon=True)
        self._process.start()
        theirs.close()

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


def _work(pipe: Connection, subject: Subject, options: Any, everywhere: bool, revisions: Sequence[str] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the process that waits too, and it ends this one
    signal.signal(signal.SIGTERM, _stop)
    from schemaproof.migration.history import open_history

    try:
        with start_crashable(options) as crashes, open_history(subject, crashes.server) as history:
            proof = Proof(history, crashes=crashes, everywhere=everywhere)
            kinds = _wanted(pipe)
            try:
                every = [*history.positions] if revisions is None else revisions
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


def _wanted(pipe: Connection) -> Mapping[str, Kinds]:
    try:
        return dict(pipe.recv())
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
