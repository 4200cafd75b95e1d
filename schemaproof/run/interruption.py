"""Ctrl-C and its like, noted instead of raised: a command looks for them where it waits, and ends in order.

An exception that comes out of nowhere can be caught, lost in a finaliser, or come a second time in the middle of the
clean-up. So the handlers only note the signal, and a thread sees to it that the process ends in time whatever it is at.
"""

import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

STATUS = 130  # as a shell reports SIGINT

# From the signal to the end of the process. What is not cleaned up then the server's guard ends, or the next run.
DEADLINE = 2.0  # seconds

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Whether a signal has asked for the end; what ``select`` can wait for.

    Attributes:
        signal: the first that came; None while none did.
        told: whether the user has been told.
        early: ends the process at once, as long as there is nothing to clean up; None where there is.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self.told = False
        self.early: Callable[[signal.Signals], NoReturn] | None = None
        self._reader, self.writer = socket.socketpair()
        for end in (self._reader, self.writer):
            end.setblocking(False)

    def note(self, number: int, _frame: object = None) -> None:
        """A signal's handler."""
        first, self.signal = self.signal is None, self.signal or signal.Signals(number)
        if first and self.early is not None:
            self.early(self.signal)

    def fileno(self) -> int:
        """A descriptor that can be read from as soon as a signal has come."""
        return self._reader.fileno()

    def came(self) -> bool:
        """Whether one of ours has come, be it that its handler has not run yet: the main thread may be busy."""
        with suppress(BlockingIOError):
            return any(number in _SIGNALS for number in self._reader.recv(4096, socket.MSG_PEEK))
        return False

    def forget(self) -> None:
        """Forget the signals that are none of ours."""
        with suppress(BlockingIOError):
            self._reader.recv(4096)

    def __str__(self) -> str:
        """What came, for people: "interrupted by SIGTERM"."""
        if self.signal is None or self.signal == signal.SIGINT:
            return "interrupted"
        return f"interrupted by {self.signal.name}"

    def close(self) -> None:
        """Close the descriptors."""
        self._reader.close()
        self.writer.close()


@contextmanager
def interruptible(*, last: bool, leave: Callable[[int], object] = os._exit) -> Iterator[Interruption]:
    """While it lasts, SIGINT, SIGTERM and SIGHUP are noted, and the process ends ``DEADLINE`` seconds after the first.

    Args:
        last: whether the process is about to end then: the signals are ignored from then on, so that none of them finds
            Python half dismantled. Otherwise their handlers are those of before again.
        leave: what ends the process.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():  # only that one may have handlers
        try:
            yield interruption
        finally:
            interruption.close()
        return
    # One that is ignored (nohup, a job in the background) stays ignored.
    before = {number: signal.getsignal(number) for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN}
    for number in before:
        signal.signal(number, interruption.note)
    wakeup = signal.set_wakeup_fd(interruption.writer.fileno(), warn_on_full_buffer=False)
    ended = threading.Event()
    done, end = socket.socketpair()
    watch = threading.Thread(target=_watch, args=(interruption, done, ended, leave), daemon=True)
    watch.start()
    try:
        yield interruption
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if last else handler)
        ended.set()
        end.close()
        watch.join()
        done.close()
        interruption.close()


def _watch(
    interruption: Interruption, done: socket.socket, ended: threading.Event, leave: Callable[[int], object]
) -> None:
    """End the process in time, whatever its main thread is at."""
    while not ended.is_set() and not interruption.came():
        readable, _, _ = select.select([interruption.fileno(), done.fileno()], [], [])
        if interruption.fileno() in readable and not interruption.came():
            interruption.forget()
    if not ended.wait(DEADLINE):
        if not interruption.told:
            with suppress(OSError):
                os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, b"schemaproof: interrupted\n")
        leave(STATUS)


@contextmanager
def held_back() -> Iterator[None]:
    """No signal reaches this thread, nor a process that it forks meanwhile: that one lets them in when it is ready."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def let_in() -> None:
    """In a process that was forked while signals were held back: let them in."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
