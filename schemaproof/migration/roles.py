"""Roles that revisions make: they belong to the whole server, so they outlive a database and collide between two."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress

import psycopg
from sqlalchemy.exc import DBAPIError

from schemaproof.migration.environment import Run, sqlstate
from schemaproof.postgres import Server
from schemaproof.subject import SubjectError

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
            names[_folded(name)] = None
    return list(names)


# Where a statement names a role that must be there. PostgreSQL manual: GRANT, REVOKE, CREATE POLICY, ALTER TABLE (OWNER
# TO), CREATE SCHEMA, ALTER DEFAULT PRIVILEGES, SET ROLE.
_MENTION = re.compile(
    r"\b(?:(?:GRANT|REVOKE|POLICY)\b[^;]*?\b(?:TO|FROM)|OWNER\s+TO|AUTHORIZATION|FOR\s+(?:ROLE|USER)"
    r"|SET\s+(?:LOCAL\s+|SESSION\s+)?ROLE)\s+(\"(?:[^\"]|\"\")+\"|[\w$]+)",
    re.IGNORECASE,
)
_UNDEFINED = "42704"


def require_roles(server: Server, run: Run) -> None:
    """Raise where ``run`` ended with a statement that names a role which neither the server has nor a revision makes.

    Raises:
        SubjectError: with the role's name.
    """
    if sqlstate(run.error) != _UNDEFINED or not isinstance(run.error, DBAPIError) or run.roles.get(run.revision or ""):
        return
    mentioned = [_folded(name) for name in _MENTION.findall(run.error.statement or "")]
    known = server.roles() | {"public", "current_user", "current_role", "session_user"}
    lacking = [name for name in mentioned if name not in known]
    if lacking:
        raise SubjectError(
            f"The revision {run.revision} needs the role {lacking[0]}, which the server does not have.",
            evidence=run.told,
            remedy=f'Name it in [tool.schemaproof], roles = ["{lacking[0]}"]: it is made for the run, and dropped.',
        )


def _folded(name: str) -> str:
    """``name`` as PostgreSQL folds it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


class Roles:
    """The roles of a server, and which of them a history made."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._before = server.roles()
        self._provided: list[str] = []

    def provide(self, names: Iterable[str]) -> None:
        """Make those of ``names`` that are not there; ``withdraw`` drops them."""
        for name in names:
            if name not in self._before:
                self._server.create_role(name)
                self._provided.append(name)
                self._before.add(name)

    def withdraw(self) -> None:
        """Drop what ``provide`` made, as far as nothing depends on it."""
        for name in self._provided:
            with suppress(psycopg.Error):
                self._server.drop_role(name)
        self._provided.clear()

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
