"""What another process sends through a pipe until it ends, how it ended, and what it shares with this one."""

import gc
import signal
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

ENDED_REMEDY = (
    "Check whether env.py or a revision ends the process (os._exit, a crash in a C extension), or the kernel killed it"
    " for lack of memory (`dmesg | grep -i oom`); then run again."
)

_LOOK = 0.5  # seconds between two looks at a process that says nothing


def keep_shared() -> None:
    """Call it first in a forked process: its garbage collections leave alone what it shares with the one it came from.

    A collection writes into every object that it looks at, and so each process would soon have its own copy of the
    parent's memory (manual of Python, gc.freeze). It ends by os._exit, as forked ones do, so nothing is missed.
    """
    gc.freeze()


def said_by(pipe: Connection, process: BaseProcess) -> Iterator[Any]:
    """All that ``process`` sends; ends with it, also where a process that it forked holds the pipe open."""
    while True:
        try:
            if not pipe.poll(_LOOK) and not process.is_alive() and not pipe.poll():
                return
            if pipe.poll():
                yield pipe.recv()
        except (EOFError, OSError):  # OSError: cut off in the middle of a message
            return


def ending(exitcode: int | None) -> str:
    """How a process ended: "exit code 1", "SIGKILL"."""
    if exitcode is not None and exitcode < 0:
        with suppress(ValueError):
            return signal.Signals(-exitcode).name
    return f"exit code {exitcode}"
