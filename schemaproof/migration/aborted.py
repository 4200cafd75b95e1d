"""The error that aborted a transaction, where a run ends with that of a later statement.

After an error PostgreSQL takes nothing but ROLLBACK (manual, appendix A, 25P02). Code that catches the error goes on
without one: what env.py raises then says nothing of the cause.
"""

import re
from collections.abc import Iterator

from sqlalchemy.engine import ExceptionContext

from schemaproof.migration.lines.operations import execute

_ABORTED = "25P02"
# What there is not: a type or constraint, a column; or, of what is dropped by itself, a relation, routine or schema.
_PART_UNDEFINED = frozenset({"42704", "42703"})
_UNDEFINED = _PART_UNDEFINED | {"42P01", "42883", "3F000"}
_DROP = re.compile(
    r"\bDROP\s+(CONSTRAINT|COLUMN|TABLE|INDEX|TYPE|VIEW|SEQUENCE|FUNCTION|TRIGGER|SCHEMA)\s+(?!IF\b)", re.I
)
_LINE = 120  # characters of a statement that a remedy repeats


class Errors:
    """The errors of one run's statements, as SQLAlchemy tells them; as many as are needed to know the first one."""

    def __init__(self) -> None:
        self._last: tuple[object, BaseException] | None = None
        self._first: BaseException | None = None

    def seen(self, context: ExceptionContext) -> None:
        """A statement fails."""
        error = context.sqlalchemy_exception
        if error is None:
            return
        if _code(error) != _ABORTED:
            self._last = context.connection, error
        elif self._last is not None and self._last[0] is context.connection:
            self._first = self._last[1]

    def behind(self, error: BaseException | None) -> BaseException | None:
        """What aborted the transaction that ``error`` is about; None where that is not known, or it is about none."""
        if error is None or _code(error) != _ABORTED:
            return None
        # Of statements that went past SQLAlchemy, Python knows what was being handled.
        return self._first or next((one for one in _handled(error) if _code(one) not in {"", _ABORTED}), None)

    def forget(self) -> None:
        """Let go of the errors: their frames hold connections."""
        self._last = self._first = None


def remedy(first: BaseException) -> str:
    """What to write in place of the statement that failed ``first``."""
    statement = " ".join(str(getattr(first, "statement", None) or "").split())
    again = "`except` catches the error, and the transaction stays aborted."
    undefined = _PART_UNDEFINED if statement.upper().startswith("ALTER") else _UNDEFINED
    if _code(first) in undefined and len(statement) <= _LINE and _DROP.search(statement):
        return f"{again} Write `{execute(_DROP.sub(_if_exists, statement))}`, which fails on nothing that is missing."
    return (
        f"{again} Run the statement in a savepoint, inside the `try`: `with op.get_bind().begin_nested():`; or ask"
        " before whether it can pass, and catch nothing."
    )


def _if_exists(found: re.Match[str]) -> str:
    return f"DROP {found[1]} IF EXISTS "


def _handled(error: BaseException) -> Iterator[BaseException]:
    """The errors that were being handled when ``error`` was raised, the latest first."""
    seen = {id(error)}
    while (before := error.__context__) is not None and id(before) not in seen:
        seen.add(id(before))
        yield before
        error = before


def _code(error: BaseException) -> str:
    """The SQLSTATE of a driver's error, SQLAlchemy's around it or not; "" for any other error."""
    orig = getattr(error, "orig", None) or error
    return str(getattr(orig, "sqlstate", None) or getattr(orig, "pgcode", None) or "")
