"""Processes that own a server and are killed: each a fork of one that has imported what it takes.

That one has started no server, so a fork holds the pipe of no other's guard.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

import psutil

_PROGRAM = """
import os, signal, sys, traceback
from schemaproof.postgres import Options, embedded, start_crashable
from schemaproof.postgres.binaries import find
from schemaproof.postgres.owner import Owner

signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that are killed
for line in sys.stdin:
    if not os.fork():
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # a server's guard is waited for
        print(os.getpid())
        try:
            exec(eval(line))
        except BaseException:
            traceback.print_exc()
            print(flush=True)  # who reads the line must not wait for ever
        os._exit(1)
"""


class Owners:
    """The process that forks; as a context manager it is ended at the end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    @contextmanager
    def owner(self, code: str) -> Iterator[tuple[psutil.Process, str]]:
        """A process that has run ``code`` and waits, and the line that it has printed; it is killed at the end.

        A block that ``code`` ends in is not left before.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        last = code.splitlines()[-1]
        indent = last[: len(last) - len(last.lstrip())]
        self._process.stdin.write(f"{f'{code}\n{indent}sys.stdout.flush(); signal.pause()'!r}\n")
        self._process.stdin.flush()
        owner = psutil.Process(int(self._process.stdout.readline()))
        try:
            yield owner, self._process.stdout.readline().strip()
        finally:
            with suppress(psutil.NoSuchProcess):
                owner.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
