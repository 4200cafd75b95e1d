"""Ports that a server has for good, however often it is killed and started again."""

import random
import socket

from schemaproof.postgres.errors import PostgresError

# Below what Linux (32768-60999) and macOS (49152-65535) hand out by themselves: to a client's end of a connection, and
# to every server that lets the system choose. While ours is down, none of these gets its port.
_LASTING = range(20000, 30000)

# One that is taken is met seldom; this many one after the other mean that something else is wrong.
_TRIES = 100

_random = random.SystemRandom()  # not the seeded one of a test run: runs side by side would choose alike


def lasting_port() -> int:
    """A port of the loopback that is free, and that the system gives to nobody who does not ask for it by number.

    Raises:
        PostgresError: when none is found.
    """
    for port in _random.sample(_LASTING, _TRIES):
        if is_free(port):
            return port
    raise PostgresError(
        f"None of the {_TRIES} ports tried between {_LASTING[0]} and {_LASTING[-1]} is free on 127.0.0.1.",
        remedy="See what listens there (`ss -ltn`), and whether this process may listen at all.",
    )


def is_free(port: int) -> bool:
    """Whether a server could listen at ``port`` of the loopback."""
    with socket.socket() as probe:
        # As servers do it: connections that have ended but are remembered (TIME_WAIT) keep nobody away.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
