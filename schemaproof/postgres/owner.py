"""Who made a folder, container or database: a token in its name, so that a later run can tell that its maker is gone.

A token is ``<machine>_<pid>_<start>``: eight hex digits for host, boot and process namespace, then the process and when
it started (a pid alone is used again). Only a token of the same machine is ever judged.
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

_TOKEN = re.compile(r"(?P<machine>[0-9a-f]{8})_(?P<pid>\d+)_(?P<start>\d+)")


@dataclass(frozen=True)
class Owner:
    """The process that made something; ``start`` is in clock ticks since the boot, without /proc in epoch seconds."""

    machine: str
    pid: int
    start: int

    @classmethod
    def current(cls) -> Self:
        """The calling process."""
        pid = os.getpid()
        return cls(_machine(), pid, _start(pid))

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
        if self.machine != _machine() or _others_are_hidden():
            return False
        try:
            return _start(self.pid) != self.start
        except psutil.NoSuchProcess:
            return True


def _others_are_hidden() -> bool:
    """Whether /proc shows no process of another user (its mount option ``hidepid``)."""
    return Path("/proc/self").exists() and not Path("/proc/1").exists()


def _start(pid: int) -> int:
    """When the process started, on Linux in a number that no change of the clock moves.

    Raises:
        psutil.NoSuchProcess: when there is none.
    """
    try:
        # proc(5): the 22nd field; the second, a name in parentheses, may hold spaces.
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (FileNotFoundError, ProcessLookupError):
        return int(psutil.Process(pid).create_time())  # no /proc here, or NoSuchProcess


@cache
def _machine() -> str:
    # The pid namespace belongs to it: a container with the host's network shares the host's name but not its pids.
    places = [Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")]
    facts = [socket.gethostname()]
    facts += [str(place.readlink()) if place.is_symlink() else place.read_text() for place in places if place.exists()]
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:8]
