"""Many statements in few round trips, each as if it were the only one: what the server refuses them with."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any, cast

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

# An answer that takes longer is none: the tables hold a handful of rows.
_BEGIN = (
    b"BEGIN; SET LOCAL statement_timeout = '5s'; SET LOCAL lock_timeout = '2s'; SET LOCAL jit = off;"
    b" SET CONSTRAINTS ALL IMMEDIATE; SAVEPOINT schemaproof"
)
_BACK = "ROLLBACK TO SAVEPOINT schemaproof"
# What is refused ends a string of statements, so the rest is sent once more.
_AT_ONCE = 20


@dataclass(frozen=True)
class Refusal:
    """Why the server refused a statement.

    Attributes:
        code: the SQLSTATE.
        message: what it says.
        schema: of the table that it names; "" where it names none, as with the others.
        table: that table, which a trigger may have written to.
        column: the column that it names.
        constraint: the constraint, or the unique index.
        datatype: the domain.
        context: where the server was, line by line, from the innermost function on.
    """

    code: str
    message: str
    schema: str = ""
    table: str = ""
    column: str = ""
    constraint: str = ""
    datatype: str = ""
    context: str = ""

    @classmethod
    def of(cls, error: psycopg.Error) -> "Refusal":
        """What ``error`` says."""
        diag = error.diag
        return cls(
            diag.sqlstate or "",
            diag.message_primary or str(error),
            diag.schema_name or "",
            diag.table_name or "",
            diag.column_name or "",
            diag.constraint_name or "",
            diag.datatype_name or "",
            diag.context or "",
        )


def ask(connection: psycopg.Connection[Any], statements: Sequence[str]) -> list[Refusal | None]:
    """Why the server refuses each of ``statements``, None where it does not; nothing is left of any of them.

    Deferred constraints are checked at once. Sequences advance.

    Args:
        connection: in autocommit mode, in no transaction.
        statements: each one statement, or several that are but one question.

    Raises:
        psycopg.OperationalError: where the session is lost.
    """
    found: list[Refusal | None] = []
    _exchanged(connection, _BEGIN)
    try:
        for some in batched(statements, _AT_ONCE):
            found += _asked(connection, some)
    finally:
        if not connection.closed:
            _exchanged(connection, b"ROLLBACK")
    return found


def _asked(connection: psycopg.Connection[Any], statements: Sequence[str]) -> list[Refusal | None]:
    found: list[Refusal | None] = []
    while len(found) < len(statements):
        rest = statements[len(found) :]
        results = _exchanged(connection, "; ".join([_BACK, *(f"{one}; {_BACK}" for one in rest)]).encode())
        undone = sum(one.command_status == b"ROLLBACK" for one in results)
        if not undone and len(rest) > 1:  # one of them is no SQL, so none was begun
            return found + [refusal for one in rest for refusal in _asked(connection, [one])]
        found += [None] * (undone - 1)  # the first one undoes what was refused last
        if len(found) < len(statements):
            error = psycopg.errors.error_from_result(cast("Any", results[-1]), connection.info.encoding)
            if (error.sqlstate or "08").startswith(("08", "57P")):
                raise psycopg.OperationalError(str(error)) from error
            found.append(Refusal.of(error))
    return found


def _exchanged(connection: psycopg.Connection[Any], text: bytes) -> list[PGresult]:
    """All results of the statements in ``text``, as far as the server came."""
    results: list[PGresult] = []
    with connection.lock:
        connection.pgconn.send_query(text)
        while (result := connection.pgconn.get_result()) is not None:
            results.append(result)
    if not results or results[-1].status == ExecStatus.BAD_RESPONSE:
        raise psycopg.OperationalError("the session was lost")
    return results
