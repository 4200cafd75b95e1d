"""Other processes: waiting for what they do instead of sleeping, and whether they still run."""

import time
from collections.abc import Callable

import psutil


def wait_until(condition: Callable[[], object], within: float = 20.0, every: float = 0.01) -> None:
    """Return when ``condition()`` is true, of which is asked ``every`` so many seconds: seldom where it is dear.

    Raises:
        TimeoutError: when it is not within ``within`` seconds.
    """
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within} s")
        time.sleep(every)


def ended(process: psutil.Process) -> bool:
    """Whether ``process`` does not run any more, be it that nobody has asked for its exit status yet."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it ended between the two questions
        return True
