"""A process of its own for the project's code.

In pytest's process, modules that tests imported may keep another database's URL, and warnings, loggers, the current
folder and the event loop are the tests'. Here an env.py finds what it finds under ``schemaproof verify``, and whatever
it does concerns nobody else.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from schemaproof.errors import ProofError
from schemaproof.processes import ENDED_REMEDY, ending

if TYPE_CHECKING:
    from schemaproof.project.subject import Subject
    from schemaproof.run.items.examiner import Answer, Examiner
    from schemaproof.run.items.interview import Question

# What the other process may need to drop its databases.
_PATIENCE = 30  # seconds

_LOOK = 0.5  # seconds between two looks at a process that says nothing


class EndedError(ProofError):
    """The other process died."""


class Assistant:
    """The other process, seen from this one; as a context manager it is ended at the end."""

    def __init__(self) -> None:
        self._connection, theirs = Pipe()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        # What tests can import is found there too, but after what every process of this Python finds.
        path = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100 (a str)
        paths = f"sys.path[:1] = []; sys.path += [one for one in {path!r} if one not in sys.path]"
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"import sys; {paths}; from {__name__} import serve; serve({theirs.fileno()})"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # all that it starts can be ended with it
        )
        theirs.close()
        self._waiting = False

    def revisions(self, subject: "Subject") -> tuple[str, ...] | None:
        """See :func:`schemaproof.run.items.revisions.run_revisions`."""
        return cast("tuple[str, ...] | None", self._call("revisions", subject))

    def call[**P, T](self, function: Callable[P, T], *arguments: P.args, **keywords: P.kwargs) -> T:
        """What ``function`` returns there."""
        return cast("T", self._call("call", function, arguments, keywords))

    def examine(self, *arguments: object) -> None:
        """Make an ``Examiner`` of ``arguments`` there."""
        self._call("examine", *arguments)

    def answer(self, question: "Question") -> "Answer":
        """See :meth:`schemaproof.run.items.examiner.Examiner.answer`."""
        return cast("Answer", self._call("answer", question))

    def close(self) -> None:
        """End it. It drops its databases first, unless it is at work (after an interrupt): the run drops them then."""
        if self._waiting:
            self._kill()
        self._connection.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._kill()
        finally:
            self._errors.close()

    def _kill(self) -> None:
        """End it and all that it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, name: str, *arguments: object) -> object:
        """What the other process says.

        Raises:
            ProofError: as it was raised there.
            EndedError: where that process is gone.
            RuntimeError: with the traceback of any other error there.
        """
        self._waiting = True
        try:
            self._connection.send((name, arguments))
            outcome, value = self._hear()
        except (OSError, EOFError) as error:
            raise EndedError(
                f"The process that runs the project's code died ({ending(self._process.wait())}).",
                evidence=self._last_words(),
                remedy=ENDED_REMEDY,
            ) from error
        self._waiting = False
        if outcome == "raised":
            raise value
        return value

    def _hear(self) -> tuple[str, Any]:
        """The next answer.

        Raises:
            EOFError: where there is none any more, be it that a process which was forked there holds the pipe open.
        """
        while not self._connection.poll(_LOOK):
            if self._process.poll() is not None and not self._connection.poll():
                raise EOFError
        return cast("tuple[str, Any]", self._connection.recv())

    def _last_words(self) -> str:
        self._errors.seek(0)
        return "\n".join(self._errors.read().decode(errors="replace").splitlines()[-20:])


class _Served:
    """What :class:`Assistant` asks for, in the other process."""

    examiner: "Examiner | None" = None

    def revisions(self, subject: "Subject") -> Sequence[str] | None:
        from schemaproof.run.items.revisions import run_revisions

        return run_revisions(subject)

    def call(self, function: Callable[..., object], arguments: Sequence[Any], keywords: Mapping[str, Any]) -> object:
        return function(*arguments, **keywords)

    def examine(self, *arguments: Any) -> None:
        from schemaproof.run.items.examiner import Examiner

        self.examiner = Examiner(*arguments)

    def answer(self, question: "Question") -> "Answer":
        assert self.examiner is not None  # noqa: S101 (examine comes first)
        return self.examiner.answer(question)

    def close(self) -> None:
        if self.examiner is not None:
            self.examiner.close()


def serve(descriptor: int) -> None:
    """The other process: answer until nobody asks any more, also where the one that asks was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the process that asks too, and it ends this one
    served = _Served()
    with Connection(descriptor) as connection:
        while True:
            try:
                name, arguments = connection.recv()
                connection.send(_outcome(served, name, arguments))
            except (EOFError, OSError):
                break
    served.close()


def _outcome(served: _Served, name: str, arguments: Sequence[Any]) -> tuple[str, object]:
    try:
        return "returned", getattr(served, name)(*arguments)
    except ProofError as error:
        return "raised", error
    except (Exception, SystemExit) as error:  # noqa: BLE001 (the process that asks raises it)
        return "raised", RuntimeError("".join(traceback.format_exception(error)))
