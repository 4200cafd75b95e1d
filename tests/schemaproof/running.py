"""A command that does not end by itself, in a fork of the warm process: a new one would import everything first."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.schemaproof.processes import wait_until
from tests.schemaproof.warm import Warm

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Running:
    """The command.

    Attributes:
        pid: of its process, which leads a group.
        done: its end.
    """

    pid: int
    done: "Future[subprocess.CompletedProcess[str]]"

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def wait(self) -> "subprocess.CompletedProcess[str]":
        """What it printed, and its exit status."""
        return self.done.result(30)


@contextmanager
def running(
    warm: Warm, folder: Path, module: str, *arguments: str, when: Callable[[], object], printed: Path | None = None
) -> Iterator[Running]:
    """``python -m module arguments...`` in ``folder``, ``when`` something is so; it is killed at the end.

    For ``printed`` see :meth:`Warm.run`.
    """
    pid = folder / "pid"
    pid.unlink(missing_ok=True)
    command = ["tests.schemaproof.foreground", str(pid), module, *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(warm.run, *command, cwd=folder, env=environment, printed=printed)
        try:
            wait_until(lambda: when() or done.done(), within=120)
            assert not done.done(), done.result()
            yield Running(int(pid.read_text()), done)
        finally:
            if not done.done() and pid.exists():
                os.kill(int(pid.read_text()), signal.SIGKILL)
