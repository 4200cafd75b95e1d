"""Roles that revisions make: they belong to the whole server, so they outlive a database and collide between two."""

import re
from collections.abc import Iterable, Mapping

import psycopg
from sqlalchemy.exc import DBAPIError

from schemaproof.migration.environment import Run, sqlstate
from schemaproof.postgres import Server

# PostgreSQL manual, Appendix A: duplicate_object, dependent_objects_still_exist, undefined_object
_TROUBLES = {"42710", "2BP01", "42704"}

_NAME = re.compile(
    r"\bCREATE\s+(?:ROLE|USER|GROUP)\s+(?!MAPPING\b)(?:IF\s+NOT\s+EXISTS\s+)?(\"(?:[^\"]|\"\")+\"|[\w$]+)",
    re.IGNORECASE,
)


class SharedRoleError(Exception):
    """A role that a revision makes or drops was there, or in use, because of another database of this run."""


def role_trouble(run: Run) -> str | None:
    """The statement about a role that ``run`` failed with, or None."""
    statements = run.roles.get(run.revision or "", [])
    if sqlstate(run.error) not in _TROUBLES or not statements or not isinstance(run.error, DBAPIError):
        return None
    return statements[-1] if run.error.statement == statements[-1] else None


def created(statements: Iterable[str]) -> list[str]:
    """The names of the roles that ``statements`` create, as PostgreSQL folds them, each once."""
    names: dict[str, None] = {}
    for statement in statements:
        for name in _NAME.findall(statement):
            names[name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()] = None
    return list(names)


class Roles:
    """The roles of a server, and which of them a history made."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._before = server.roles()

    def made(self, statements: Mapping[str, Iterable[str]]) -> list[str]:
        """The roles that were not there before, and that ``statements`` (by revision) create."""
        names = created(statement for each in statements.values() for statement in each)
        return [name for name in names if name not in self._before]

    def drop(self, statements: Mapping[str, Iterable[str]]) -> list[str]:
        """Drop those roles; the names of the ones that could not be dropped."""
        kept = []
        for name in self.made(statements):
            try:
                self._server.drop_role(name)
            except psycopg.Error:
                kept.append(name)
        return kept
