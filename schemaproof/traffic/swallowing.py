"""A listening socket at which connecting hangs, as behind a firewall that drops packets."""

import select
import socket

_MAX_FILLERS = 16
_COMPLETE = 0.05  # seconds; over the loopback a connection is complete before connect() returns


class Fillers:
    """Connections of our own that fill a listener's queue, so that the kernel drops whoever comes next.

    Linux: with a backlog of 0 one connection fits, and the SYN of a further one is dropped without an answer; the
    client's kernel sends it again after 1, 3, 7... seconds. Elsewhere a full queue may answer with a RST.

    Args:
        listener: nobody accepts from it; its backlog becomes 0.

    Raises:
        RuntimeError: when the queue does not get full.
    """

    def __init__(self, listener: socket.socket) -> None:
        listener.listen(0)
        self._sockets: dict[object, socket.socket] = {}
        for _ in range(_MAX_FILLERS):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            if not select.select([], [filler], [], _COMPLETE)[1]:
                filler.close()  # it is the one that hangs
                return
            self._sockets[filler.getsockname()] = filler
        self.close()
        raise RuntimeError(f"the queue of {listener.getsockname()} takes more than {_MAX_FILLERS} connections")

    def __contains__(self, address: object) -> bool:
        """Whether the connection from ``address`` is one of them."""
        return address in self._sockets

    def close(self) -> None:
        """Close them; those that are in the queue come out of it at an end."""
        for filler in self._sockets.values():
            filler.close()
