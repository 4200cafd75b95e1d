"""What another process says through a pipe, until it ends, however it does."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

ENDED_REMEDY = (
    "Look whether a revision or env.py ends its process (os._exit, a crash in a C extension), or the machine ran out of"
    " memory (dmesg tells); then run again."
)

_LOOK = 0.5  # seconds between two looks at a process that says nothing


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
