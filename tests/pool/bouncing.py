"""The way through PgBouncer: a database whose ``url()`` leads there, and what the server shows of it then."""

from dataclasses import dataclass

from sqlalchemy import URL

from schemaproof.postgres import Database as ThrowawayDatabase
from schemaproof.traffic.pgbouncer import PgBouncer
from schemaproof.traffic.server import ServerObserver, Session


@dataclass(frozen=True)
class BouncedDatabase(ThrowawayDatabase):
    """A database that is connected to through ``bouncer``, but by its ``dsn``, which leads to the server."""

    bouncer: PgBouncer

    def url(self, driver: str = "asyncpg") -> URL:
        return self.bouncer.url(super().url(driver))


class BouncedObserver(ServerObserver):
    """What PgBouncer keeps on the server for nobody is nobody's: without clients, it closes what it has there.

    A connection to PgBouncer that was left open is found so, as one to the server is.
    """

    def __init__(self, database: BouncedDatabase) -> None:
        super().__init__(database)
        self._bouncer = database.bouncer

    def sessions(self) -> list[Session]:
        if not self._bouncer.clients(self.database.name):
            self._bouncer.release(self.database.name)
        return super().sessions()

    async def opened(self, within: float = 20.0) -> int:
        """How many connections to PgBouncer there ever were; waits until none is open."""
        await self.becomes(0, within)
        return self._bouncer.logins(self.database.name)


def through(bouncer: PgBouncer | None, database: ThrowawayDatabase) -> ThrowawayDatabase:
    """``database``, by way of ``bouncer``."""
    return database if bouncer is None else BouncedDatabase(database.name, database.server, bouncer)


def observe(database: ThrowawayDatabase) -> ServerObserver:
    """The server's view of ``database``."""
    return BouncedObserver(database) if isinstance(database, BouncedDatabase) else ServerObserver(database)
