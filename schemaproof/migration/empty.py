"""An env.py that fails on an empty database: so does `alembic upgrade`, and no new environment can be set up."""

import re

from sqlalchemy.exc import DBAPIError

from schemaproof.migration.environment import Environment, Run, sqlstate
from schemaproof.project.subject import SubjectError

# What is not there (manual, "PostgreSQL Error Codes"). Not undefined_object, which is a role's too: one that revisions
# expect on the server is the server's, not the database's.
_NO_SCHEMA = "3F000"
_ABSENT = {_NO_SCHEMA: "a schema", "42P01": "a table", "42703": "a column", "42883": "a function"}

_CREATED = re.compile(r'\s*CREATE TABLE ("(?:[^"]|"")+"|[\w$]+)\.')


class EmptyDatabaseError(SubjectError):
    """Nothing can be verified, and the project is why: its env.py needs what an empty database lacks."""


def require_start(environment: Environment, run: Run) -> None:
    """Raise where ``run``, the first on an empty database, failed by something that is not there yet.

    Raises:
        EmptyDatabaseError: see there.
    """
    code = sqlstate(run.error)
    if run.called or not isinstance(run.error, DBAPIError) or not run.redirection.connections or code not in _ABSENT:
        return
    raise EmptyDatabaseError(
        f"`alembic upgrade` fails on an empty database, before any revision runs: {_ABSENT[code]} is missing.",
        evidence=f"{run.told}\n(with {environment.driver_text})",
        remedy=_schema_first(run.error.statement or "") if code == _NO_SCHEMA else _look_first(_ABSENT[code]),
    )


def _schema_first(statement: str) -> str:
    """Alembic makes its version table before the first revision, so no revision can make the schema for it."""
    named = _CREATED.match(statement)
    schema = named[1] if named else "..."
    create = f"CREATE SCHEMA IF NOT EXISTS {schema}".replace('"', '\\"')
    return (
        "Alembic creates its version table before the first revision runs. Create the schema in env.py, before"
        f' context.configure(): `connection.execute(text("{create}")); connection.commit()`.'
    )


def _look_first(what: str) -> str:
    return (
        f"Have env.py check first whether there is {what} that the revisions create: on an empty database,"
        " `connection.scalar(text(\"SELECT to_regclass('schema.table')\"))` is None."
    )
