"""A durable server that is killed and started again, for tests of what survives a crash of the whole server.

The data directory is what a crash of the server leaves, not of the machine: what the operating system holds in its
memory is not lost with the processes that wrote it.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from schemaproof.postgres.databases import Server
from schemaproof.postgres.errors import PostgresError
from schemaproof.postgres.options import Options
from schemaproof.postgres.providers import Running, choose, throwaway


@dataclass(frozen=True)
class CrashServer:
    """A durable server, in the process that started it.

    Attributes:
        server: as any other; its port and its password stay the same, and it connects again by itself.
    """

    server: Server
    _running: Running

    def kill(self) -> None:
        """SIGKILL to every process of the server, all at once; returns when none runs. No error on a dead one.

        Raises:
            PostgresError: when that takes over 30 s.
        """
        self._running.kill()

    def restart(self) -> None:
        """Start the killed server on its data; returns when it has recovered and takes connections.

        Raises:
            ValueError: when it runs.
            PostgresError: when it takes no connection within 60 s; the end of its log is the evidence.
        """
        try:
            self._running.restart()
        except PostgresError as error:
            raise PostgresError(
                f"The server did not start again after it was killed ({self.server.about}).",
                evidence=f"{error.cause}\n{error.evidence}",
                remedy="Its log above says why: look for what changed its files or settings before the kill.",
            ) from error


@contextlib.contextmanager
def start_crashable(options: Options, *, progress: Callable[[str], None] = lambda _: None) -> Iterator[CrashServer]:
    """A durable server for ``options``, of the provider that ``start`` uses; removed at the end, killed or not.

    Args:
        options: which server; ``Server.options`` gives one like a running server.
        progress: called with a few words before anything that takes over a second.

    Raises:
        PostgresError: if the options name a server, if none is available, or if it does not start.
    """
    if options.is_url:
        raise PostgresError(
            "A server that you name is never killed, so it can't be crashed.",
            remedy="Use --postgres=embedded or --postgres=container to crash one.",
        )
    with throwaway(options, choose(options), progress, durable=True) as (server, running):
        server.release = server.version_text
        yield CrashServer(server, running)
