"""The faults, and at which places each of them is injected."""

import re
from collections.abc import Iterator
from enum import StrEnum

from schemaproof.proofs.failure.sites import Site


class Fault(StrEnum):
    """What happens at a site; the values are the names of tests."""

    ERROR = "error"  # the server raises an error instead of running the statement
    ERROR_AFTER = "error-after"  # it has run the statement, and raises an error then
    LOCK = "lock-timeout"  # another session holds a conflicting lock, and lock_timeout is set
    WRITER = "lock-timeout-behind-writer"  # another session has written to every table, and is in its transaction still
    DISCONNECT = "disconnect"  # the server process is terminated before the statement
    DISCONNECT_AFTER = "disconnect-after"  # ... after it
    COMMIT_LOST = "commit-lost"  # COMMIT is done, and the connection dies before the client hears of it
    KILLED = "killed"  # the migrating process gets a SIGKILL before the statement
    KILLED_AFTER = "killed-after"  # ... after it
    CRASH = "crash"  # all processes of the server get a SIGKILL before the statement
    CRASH_AFTER = "crash-after"  # ... after it

    @property
    def after(self) -> bool:
        """Whether it comes when the statement has run."""
        return self in {
            Fault.ERROR_AFTER,
            Fault.DISCONNECT_AFTER,
            Fault.COMMIT_LOST,
            Fault.KILLED_AFTER,
            Fault.CRASH_AFTER,
        }

    @property
    def waits(self) -> bool:
        """Whether it is that the statement waits for a lock."""
        return self in {Fault.LOCK, Fault.WRITER}

    @property
    def told(self) -> str:
        """What happens, for people; the statement's name goes before it."""
        return _TOLD[self]


_TOLD = {
    Fault.ERROR: "fails (SQLSTATE 53100)",
    Fault.ERROR_AFTER: "has run, and an error follows",
    Fault.LOCK: "waits for a lock until lock_timeout",
    Fault.WRITER: "waits for another session's transaction until lock_timeout",
    Fault.DISCONNECT: "meets a terminated session",
    Fault.DISCONNECT_AFTER: "has run, and the session is terminated",
    Fault.COMMIT_LOST: "is done, and the connection is lost before the answer",
    Fault.KILLED: "is about to be sent, and the migrating process is killed",
    Fault.KILLED_AFTER: "has run, and the migrating process is killed",
    Fault.CRASH: "is about to be sent, and the server crashes",
    Fault.CRASH_AFTER: "has run, and the server crashes",
}


_UNLOCKS = re.compile(r"\bpg_advisory_unlock(?:_shared|_all)?\s*\(", re.IGNORECASE)


def faults_at(site: Site, *, killed: bool) -> Iterator[Fault]:
    """All faults that can happen at ``site`` but crashes; ``killed``: whether processes can be killed here."""
    # Giving an advisory lock back raises nothing on a session that lives; what an error would leave is our own doing.
    if not _UNLOCKS.search(site.statement):
        yield Fault.ERROR
    yield Fault.DISCONNECT
    if site.is_cleanup:
        return  # all is committed: what env.py does then, such as giving a lock back, needs no more of them
    if killed:
        yield Fault.KILLED
    if site.kind == "commit":
        yield Fault.COMMIT_LOST
    else:
        yield Fault.ERROR_AFTER
        yield Fault.DISCONNECT_AFTER
        yield from _waits_at(site)
    if killed and site.is_end:  # elsewhere nothing lies between it and the next statement
        yield Fault.KILLED_AFTER


def _waits_at(site: Site) -> Iterator[Fault]:
    if site.locks or site.outside:
        yield Fault.LOCK
    if site.outside:
        yield Fault.WRITER


def crashes_at(site: Site) -> Iterator[Fault]:
    """All crashes that can happen at ``site``."""
    yield Fault.CRASH
    if site.is_end:  # what it did is committed
        yield Fault.CRASH_AFTER
