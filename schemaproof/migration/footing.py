"""What one examination of a project stands on, from its first history to its last, in all of its processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Self

from schemaproof.migration import before
from schemaproof.postgres import Database, Server


@dataclass(frozen=True)
class Footing:
    """Kept for as long as a process examines one project: what it imported may have kept the URL.

    Attributes:
        standin: the database whose URL the project is told; nobody can connect to it.
        roles: those that the server had before any revision ran.
    """

    standin: Database
    roles: frozenset[str]

    def on(self, server: Server) -> Self:
        """The same, with ``server`` as another process sees it."""
        return replace(self, standin=replace(self.standin, server=server))


@contextmanager
def footing(server: Server) -> Iterator[Footing]:
    """A footing on ``server``; at the end nothing of it is left there."""
    with server.create() as standin:
        server.close_off(standin.name)
        try:
            yield Footing(standin, frozenset(server.roles()))
        finally:
            before.leave()  # what was told that URL
