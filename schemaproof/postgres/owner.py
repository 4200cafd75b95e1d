"""Who made a folder, container or database: a token in its name, so that a later run can tell that its maker is gone.

A token is ``<machine>_<pid>_<start>``: eight hex digits for host, boot and process namespace, then the process and the
second it started in (a pid alone is used again). Only a token of the same machine is ever judged.
"""

import hashlib
import os
import re
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import psutil

# Start times are read in seconds from the boot time, which clock adjustments move by up to one.
_START_TOLERANCE = 2  # seconds

_TOKEN = re.compile(r"(?P<machine>[0-9a-f]{8})_(?P<pid>\d+)_(?P<start>\d+)")


@dataclass(frozen=True)
class Owner:
    """The process that made something; ``start`` is in seconds since the epoch."""

    machine: str
    pid: int
    start: int

    @classmethod
    def current(cls) -> Self:
        """The calling process."""
        pid = os.getpid()
        return cls(_machine(), pid, int(psutil.Process(pid).create_time()))

    @classmethod
    def find(cls, name: str) -> Self | None:
        """The owner whose token stands in ``name``, or None."""
        if (match := _TOKEN.search(name)) is None:
            return None
        return cls(match["machine"], int(match["pid"]), int(match["start"]))

    @property
    def token(self) -> str:
        """What goes into names; fits PostgreSQL identifiers, file names and container labels."""
        return f"{self.machine}_{self.pid}_{self.start}"

    def gone(self) -> bool:
        """Whether the process has certainly ended; False for one of another machine, which can't be judged here."""
        if self.machine != _machine():
            return False
        try:
            started = psutil.Process(self.pid).create_time()
        except psutil.NoSuchProcess:
            return True
        return abs(started - self.start) > _START_TOLERANCE


@cache
def _machine() -> str:
    # The pid namespace belongs to it: a container with the host's network shares the host's name but not its pids.
    places = [Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")]
    facts = [socket.gethostname()]
    facts += [str(place.readlink()) if place.is_symlink() else place.read_text() for place in places if place.exists()]
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:8]
