"""Roles that revisions make: they belong to the whole server, so they outlive a database and collide between two."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain

import psycopg
from sqlalchemy.exc import DBAPIError

from schemaproof.migration.environment import Run, sqlstate
from schemaproof.postgres import Server
from schemaproof.project.subject import SubjectError

# PostgreSQL manual, Appendix A: duplicate_object, dependent_objects_still_exist, undefined_object
_TROUBLES = {"42710", "2BP01", "42704"}

_NAME = re.compile(
    r"\bCREATE\s+(?:ROLE|USER|GROUP)\s+(?!MAPPING\b)(?:IF\s+NOT\s+EXISTS\s+)?(\"(?:[^\"]|\"\")+\"|[\w$]+)",
    re.IGNORECASE,
)


class SharedRoleError(Exception):
    """A role that a revision creates or drops existed, or was in use, because of another database of this run.

    Attributes:
        statements: the revisions' strings and statements, as far as they are known where this was found out.
    """

    def __init__(self, trouble: str, statements: Sequence[str] = ()) -> None:
        super().__init__(trouble, statements)
        self.statements = tuple(statements)


def role_trouble(run: Run) -> str | None:
    """The error of a revision that sent statements about roles, where another database may be to blame; or None."""
    return str(run.error) if _is_trouble(run) and run.roles.get(run.revision or "") else None


def _is_trouble(run: Run) -> bool:
    return _code(run.error) in _TROUBLES


def _code(error: BaseException | None) -> str | None:
    """The SQLSTATE of ``error`` or of one that led to it: a revision may have a cursor of its own."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        code = sqlstate(error) or getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        if code:
            return str(code)
        error = error.__cause__ or error.__context__
    return None


def created(statements: Iterable[str]) -> list[str]:
    """The names of the roles that ``statements`` create, as PostgreSQL folds them, each once."""
    names: dict[str, None] = {}
    for statement in statements:
        for name in _NAME.findall(statement):
            names[_folded(name)] = None
    return list(names)


# CREATE ROLE and its other spellings, and DROP ROLE, also without a name after it: format('DROP ROLE %I', ...).
_CREATE = re.compile(r"\bCREATE\s+(?:ROLE|USER|GROUP)\b(?!\s+MAPPING)", re.IGNORECASE)
_DROP = re.compile(r"\bDROP\s+(?:ROLE|USER|GROUP)\b(?!\s+MAPPING)", re.IGNORECASE)


def literals(source: str | bytes) -> str:
    """The strings in a revision file, docstrings left out; "" where it is no Python source."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ""
    return "\n".join(_strings(tree))


def _strings(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str) and not isinstance(node, ast.Expr):
            yield child.value
        else:
            yield from _strings(child)


def make_roles(texts: Iterable[str]) -> bool:
    """Whether revisions with these ``texts``, their strings and statements, create roles."""
    return any(map(_CREATE.search, texts))


def need_the_server(texts: Iterable[str]) -> bool:
    """Whether revisions with these ``texts`` create roles and drop roles.

    A role can't be dropped while another database uses it, and one that is dropped is missing in the other database.
    Where roles are only created, databases of one server get along, if the revisions admit that a role is there.
    """
    known = list(texts)
    return make_roles(known) and any(map(_DROP.search, known))


# Where a statement names a role that must be there. PostgreSQL manual: GRANT, REVOKE, CREATE POLICY, ALTER TABLE (OWNER
# TO), CREATE SCHEMA, ALTER DEFAULT PRIVILEGES, SET ROLE.
_MENTION = re.compile(
    r"\b(?:(?:GRANT|REVOKE|POLICY)\b[^;]*?\b(?:TO|FROM)|OWNER\s+TO|AUTHORIZATION|FOR\s+(?:ROLE|USER)"
    r"|SET\s+(?:LOCAL\s+|SESSION\s+)?ROLE)\s+(\"(?:[^\"]|\"\")+\"|[\w$]+)",
    re.IGNORECASE,
)
_UNDEFINED = "42704"


def require_roles(server: Server, run: Run, texts: Iterable[str] = ()) -> None:
    """Raise where ``run`` ended with a statement that names a role which neither the server has nor a revision makes.

    Args:
        server: where it ran.
        run: what happened.
        texts: the revisions' strings and statements.

    Raises:
        SubjectError: with the role's name.
    """
    if sqlstate(run.error) != _UNDEFINED or not isinstance(run.error, DBAPIError) or run.roles.get(run.revision or ""):
        return
    mentioned = [_folded(name) for name in _MENTION.findall(run.error.statement or "")]
    known = server.roles() | {"public", "current_user", "current_role", "session_user"}
    lacking = [name for name in mentioned if name not in known.union(created(texts))]
    if lacking:
        raise SubjectError(
            f"Revision {run.revision} needs the role {lacking[0]}, which the server does not have.",
            evidence=run.told,
            remedy=f'Set roles = ["{lacking[0]}"] in [tool.schemaproof]: the role is created for the run, and dropped.',
        )


def _folded(name: str) -> str:
    """``name`` as PostgreSQL folds it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


class Roles:
    """The roles of a server, and which of them the revisions of one subject made.

    Args:
        before: those that were there before any of them ran; None for those that are there now.
    """

    def __init__(self, server: Server, before: Iterable[str] | None = None) -> None:
        self._server = server
        self.before = frozenset(server.roles() if before is None else before)
        self._provided: list[str] = []

    def provide(self, names: Iterable[str]) -> None:
        """Make those of ``names`` that are not there; ``withdraw`` drops them."""
        for name in names:
            if name not in self.before:
                self._server.create_role(name)
                self._provided.append(name)
                self.before |= {name}

    def withdraw(self) -> None:
        """Drop what ``provide`` made, as far as nothing depends on it."""
        for name in self._provided:
            with suppress(psycopg.Error):
                self._server.drop_role(name)
        self._provided.clear()

    def made(self, texts: Iterable[str]) -> list[str]:
        """The roles that were not there before, and that ``texts``, the revisions' strings and statements, name.

        Others on the same server may make roles meanwhile. A name that was put together holds, where it is unique, that
        of a database of the harness.
        """
        appeared = sorted(self._server.roles() - self.before)
        known = list(texts) if appeared else []
        return [name for name in appeared if self._server.made(name) or any(_names(text, name) for text in known)]

    def check(self, run: Run, texts: Sequence[str], sources: Iterable[str]) -> None:
        """Raise where another database of this run may be why ``run`` ended with an error.

        Args:
            run: what happened.
            texts: the revisions' strings and statements.
            sources: of the project's other modules.

        Raises:
            SharedRoleError: see there.
        """
        if any(run.roles.values()) and need_the_server(texts):
            raise SharedRoleError("the revisions create and drop roles", texts)
        if _is_trouble(run) and (role_trouble(run) or make_roles(texts) or self.made(chain(texts, sources))):
            raise SharedRoleError(str(run.error), texts)

    def drop(self, texts: Iterable[str]) -> list[str]:
        """Drop those roles; the names of the ones that could not be dropped."""
        left = self.made(texts)
        while left:
            kept = [name for name in left if not self._dropped(name)]
            if kept == left:  # one may have granted a membership of another: their order matters
                break
            left = kept
        return left

    def _dropped(self, name: str) -> bool:
        try:
            self._server.drop_role(name)
        except psycopg.Error:
            return False
        return True


def _names(text: str, role: str) -> bool:
    """Whether ``text`` has the name of ``role`` in it, in whatever case and quotes."""
    return re.search(rf"(?<![\w$]){re.escape(role)}(?![\w$])", text.replace('""', '"'), re.IGNORECASE) is not None
