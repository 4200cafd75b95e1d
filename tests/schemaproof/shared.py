"""What several workers of a run need: the first that asks for it makes it, and the others find it in a file."""

import fcntl
import os
import pickle
from collections.abc import Callable

import pytest


def shared[T](factory: pytest.TempPathFactory, name: str, make: Callable[[], T]) -> T:
    """What ``make`` has returned in the worker that asked first for this ``name``; it can be pickled."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # each worker's is in that of the run
    kept = folder / f"shared-{name}"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # it ends with the file, also when this process dies
        if not kept.exists():
            kept.write_bytes(pickle.dumps(make()))
        made: T = pickle.loads(kept.read_bytes())  # noqa: S301 (our own)
    return made
