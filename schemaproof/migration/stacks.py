"""Where the threads of the subject are, as lines of its own code; and how one of them is made to stop."""

import asyncio
import contextlib
import ctypes
import linecache
import signal
import sys
import threading
from collections.abc import Collection, Iterator
from pathlib import Path
from types import CoroutineType, FrameType
from typing import Any

from schemaproof.migration.evidence import cut, is_project_file, place_shown
from schemaproof.migration.sessions import Place

_RUNNING = "_execute_env"  # the function that runs env.py: what called it is not the project's
_SHOWN = 6  # lines of a stack, the innermost of them

# A signal that nothing else uses, so that what the project does with the others stays its own.
_SIGNAL = signal.SIGRTMIN + 7 if hasattr(signal, "SIGRTMIN") else signal.SIGUSR2


class InterruptedRunError(BaseException):
    """A run of env.py is ended from outside. No ``except Exception`` of the project stops it."""


class Interruption:
    """Lets the thread that makes it be stopped by another one, until it is closed."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._asked = False
        self._closed = False
        self._lock = threading.Lock()
        # Only the main thread may have handlers, and only a handler ends what it sleeps in.
        self._is_main = threading.current_thread() is threading.main_thread()
        self._before = signal.signal(_SIGNAL, self._raise) if self._is_main else None

    @property
    def thread(self) -> int:
        """Its identifier."""
        return self._thread

    def ask(self) -> None:
        """Raise :class:`InterruptedRunError` in the thread."""
        with self._lock:
            if self._before is not None:
                self._asked = True
                signal.pthread_kill(self._thread, _SIGNAL)
            elif not self._is_main and not self._closed:
                raise_in(self._thread, InterruptedRunError)

    def close(self) -> None:
        """Stop nobody any more; called by the thread itself."""
        try:
            self._close()
        except InterruptedRunError:  # it was asked when the run had ended
            self._close()

    def _close(self) -> None:
        with self._lock:
            self._asked, self._closed = False, True
            if not self._is_main:
                raise_in(self._thread, None)
            if self._before is not None:
                signal.signal(_SIGNAL, self._before)
                self._before = None

    def _raise(self, *_: object) -> None:
        if self._asked:
            self._asked = False
            raise InterruptedRunError


def raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Raise ``error`` in ``thread`` when it runs Python code next; None takes back what has not been raised yet."""
    raised = ctypes.py_object() if error is None else ctypes.py_object(error)  # the first is a null pointer
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), raised)


def project_threads() -> set[int]:
    """The threads that run code of the project."""
    return {thread for thread, frame in sys._current_frames().items() if any(True for _ in _project_frames(frame))}


def waits_for_others(thread: int) -> bool:
    """Whether ``thread`` waits without a deadline for what another thread does: its end, its result, a lock of it."""
    frame = sys._current_frames().get(thread)
    if frame is None or frame.f_code.co_filename != threading.__file__:
        return False
    return frame.f_locals.get("timeout", 0) in {None, -1}


def cancel_tasks(tasks: Collection[Any]) -> None:
    """Cancel what the event loops of ``tasks`` do: one that is not written in Python sees to no signal."""
    for loop in {task.get_loop() for task in tasks if not task.done()}:
        with contextlib.suppress(RuntimeError):  # it is closed by now
            for task in _tasks_of(loop):
                loop.call_soon_threadsafe(task.cancel)


def stack(thread: int, project: Path, known: Collection[Any] = ()) -> list[str]:
    """The project's lines that ``thread`` is in, the innermost last; those of suspended asyncio tasks included.

    Args:
        thread: its identifier.
        project: the project's folder.
        known: tasks of event loops that may be at work, in whatever thread.
    """
    frame = sys._current_frames().get(thread)
    found = list(_project_frames(frame))[::-1]
    loops = {task.get_loop() for task in known if not task.done()}
    for task in {*_tasks(frame), *(one for loop in loops for one in _tasks_of(loop))}:
        with contextlib.suppress(Exception):  # it runs on meanwhile
            found.extend(_suspended(task.get_coro()))
    lines = [place_line((one.f_code.co_filename, one.f_lineno), project) for one in found]
    return list(dict.fromkeys(lines))[-_SHOWN:]


def place_line(place: Place, project: Path) -> str:
    """A line of code with where it is."""
    filename, number = place
    code = linecache.getline(filename, number).strip()
    shown = place_shown(filename, number, project)
    return f"{shown}: {cut(code)}" if code else shown


def _project_frames(frame: FrameType | None) -> Iterator[FrameType]:
    """Those of the stack that ends in ``frame``, the innermost first."""
    while frame is not None and frame.f_code.co_name != _RUNNING:
        if is_project_file(frame.f_code.co_filename):
            yield frame
        frame = frame.f_back


def _tasks(frame: FrameType | None) -> Collection[Any]:
    """The tasks of the event loop that runs somewhere in the stack that ends in ``frame``."""
    while frame is not None:
        if frame.f_code.co_name == "run_forever" and "self" in frame.f_locals:
            return _tasks_of(frame.f_locals["self"])
        frame = frame.f_back
    return ()


def _tasks_of(loop: Any) -> Collection[Any]:
    with contextlib.suppress(RuntimeError):  # the set of tasks changes meanwhile
        return [one for one in asyncio.all_tasks(loop) if not one.done()]
    return ()


def _suspended(awaited: Any) -> Iterator[FrameType]:
    """The project's frames in a chain of coroutines that await each other, the outermost first."""
    while isinstance(awaited, CoroutineType):
        frame = awaited.cr_frame
        if frame is not None and is_project_file(frame.f_code.co_filename):
            yield frame
        if frame is not None and frame.f_code.co_name == "greenlet_spawn":  # SQLAlchemy's, with the synchronous part
            inner = getattr(frame.f_locals.get("context"), "gr_frame", None)
            yield from list(_project_frames(inner))[::-1]
        awaited = awaited.cr_await
