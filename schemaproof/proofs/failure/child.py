"""A process that runs a migration and is killed in it."""

import os
import select
import signal
import sys
import warnings
from collections.abc import Callable

from schemaproof.postgres import PostgresError
from schemaproof.processes import keep_shared

# fork() gives the child the subject's modules as they are; elsewhere it is not safe.
CAN_FORK = sys.platform == "linux"

_PATIENCE = 60  # seconds


def run_in_child(work: Callable[[], object]) -> bool:
    """Run ``work`` in a forked process; whether that was ended by a SIGKILL of its own.

    Raises:
        PostgresError: when it does not end.
    """
    with warnings.catch_warnings():
        # Of forking beside other threads: nothing of theirs is used in the child, which dies in the middle anyway.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        keep_shared()
        try:
            work()
        finally:
            os._exit(1)
    descriptor = os.pidfd_open(pid)
    ended = False  # where the wait is interrupted
    try:
        ended = bool(select.select([descriptor], [], [], _PATIENCE)[0])
    finally:
        os.close(descriptor)
        if not ended:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    if not ended:
        raise PostgresError(
            f"A migration in a process of its own did not end within {_PATIENCE} s.",
            remedy="Run again; if it happens again, leave the fault out: `--ignore atomicity,rerun-after-failure`.",
        )
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
