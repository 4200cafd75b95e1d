"""Whether the SQL script that Alembic prints does what Alembic does."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import psycopg
from sqlalchemy.exc import NoInspectionAvailable

from schemaproof.catalog import Catalog
from schemaproof.check import Check
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.migration.environment import Run
from schemaproof.migration.failing import failure, fate
from schemaproof.migration.history import History
from schemaproof.migration.intent import is_deliberate

# What Alembic writes before a revision's statements.
_RUNNING = re.compile(r"-- Running upgrade \S*(?:, \S+)* -> (\S+)")


_NO_SCHEMA = "3F000"  # invalid_schema_name. Manual, Appendix A


@dataclass(frozen=True)
class _Failure:
    """The statement of the script that the server refused."""

    revision: str | None
    statement: str
    error: psycopg.Error


def _script(history: History) -> Iterator[Finding]:
    pieces: list[str] = []
    run = history.environment.script_to_head(history.chain.script, pieces.append)
    if run.error is not None and is_deliberate(run):
        yield OFFLINE_SCRIPT.finding(
            f"`alembic upgrade heads --sql` refuses to run: {run.error}",
            kind="refuses",
            severity=Severity.NOTE,
            revision=run.revision,
            evidence=run.told,
            remedy="If nobody deploys by a script, nothing has to be done; otherwise let env.py configure a script:"
            " context.configure(url=..., literal_binds=True) where context.is_offline_mode().",
        )
    elif run.error is not None:
        what = "connects to a database" if run.redirection.refused else fate(run)
        told = failure(run)
        yield OFFLINE_SCRIPT.finding(
            f"`alembic upgrade heads --sql` {what}" + (f" in {run.revision}." if run.revision else "."),
            kind="not printed",
            severity=Severity.WARNING,
            revision=run.revision,
            evidence=told["evidence"],
            consequence=told["consequence"],
            remedy=told["remedy"] or _remedy(run, history.facts.options),
        )
    elif not any("-- Running" in piece for piece in pieces):
        yield OFFLINE_SCRIPT.finding(
            "`alembic upgrade heads --sql` printed no revision, so its script was not run.",
            kind="empty",
            severity=Severity.NOTE,
            evidence=run.told,
            remedy="If env.py writes the script elsewhere (output_buffer), nothing has to be done; otherwise let it"
            " call context.run_migrations() in offline mode too.",
        )
    else:
        yield from _run(history, pieces)


# What comes of asking a connection that is None: Python's errors, and SQLAlchemy's for inspect().
_OF_NO_CONNECTION = (AttributeError, TypeError, NoInspectionAvailable)


def _remedy(run: Run, online: Collection[str]) -> str | None:
    """What to do about an error for which there is no script; None where it is what the check's remedy is about.

    Args:
        run: the one that failed.
        online: the options that env.py gives Alembic where it has a connection.
    """
    if not run.inside:
        return (
            "Let env.py connect to nothing where context.is_offline_mode(), and configure a script there:"
            ' `context.configure(url=..., literal_binds=True, dialect_opts={"paramstyle": "named"})`, with the options'
            " that it gives online."
        )
    given = run.context.opts if run.context is not None else {}
    lacking = run.error.args[0] if isinstance(run.error, KeyError) and run.error.args else None
    if lacking in online and lacking not in given:
        names = [str(lacking), *(name for name in _VERSION_TABLE if name in online and name not in given)]
        return (
            f"env.py gives context.configure() {' and '.join(dict.fromkeys(names))} only where it has a connection."
            " Let it do so where context.is_offline_mode() too:"
            f" `context.configure(url=..., {', '.join(f'{name}=...' for name in dict.fromkeys(names))})`."
        )
    if isinstance(run.error, _OF_NO_CONNECTION) or run.redirection.refused:
        return None
    return (
        "Fix the error above. With a connection the same code works: what env.py prepares only there, let it prepare"
        " where context.is_offline_mode() too; and what the revision needs the database for, let it leave out then."
    )


# Without these, the script records the revisions in another table than the upgrade does.
_VERSION_TABLE = ("version_table", "version_table_schema")


def _run(history: History, pieces: list[str]) -> Iterator[Finding]:
    """Run the script on an empty database, and compare."""
    failed = history.in_one_call.failure()
    expected = history.one_call_catalog()
    with (
        history.empty_database() as database,
        psycopg.connect(database.dsn, autocommit=True, application_name="schemaproof") as connection,
    ):
        failure = _execute(connection, pieces)
        if failure is not None and failure.error.sqlstate == _NO_SCHEMA:
            yield OFFLINE_SCRIPT.finding(
                "The script of `alembic upgrade heads --sql` needs a schema that it does not create.",
                kind="schema",
                severity=Severity.WARNING,
                revision=failure.revision,
                evidence=f"{failure.error}\n{failure.statement.strip()}",
                consequence="Whoever runs the script has to create the schema first, as env.py does on its own"
                " connection.",
                remedy="Let env.py write it in offline mode too, before context.begin_transaction():"
                ' `context.execute("CREATE SCHEMA IF NOT EXISTS ...")`.',
            )
            return
        if failure is not None:
            yield OFFLINE_SCRIPT.finding(
                "The script of `alembic upgrade heads --sql` fails.",
                kind="fails",
                revision=failure.revision,
                evidence=f"{failure.error}\n{failure.statement.strip()}",
                # The script has the same statements in the same transaction.
                causes=[Cause("upgrade-in-one-call", failed.revision)] if failed is not None else (),
            )
            return
        # psql starts each script in a session of its own, and so are its settings gone.
        connection.execute("RESET ALL")
        found = Catalog.read(connection, version_table=history.version_table)
    for difference in history.compared(expected, found):
        yield OFFLINE_SCRIPT.finding(
            "The script of `alembic upgrade heads --sql` gives a different schema than `alembic upgrade heads`.",
            kind=difference.what,
            object=difference.identity,
            evidence=f"upgrade -> script: {difference}",
        )


def _execute(connection: psycopg.Connection[tuple[object, ...]], pieces: list[str]) -> _Failure | None:
    revision = None
    for piece in pieces:
        running = _RUNNING.search(piece)
        if running:
            revision = running.group(1).rstrip(",")
        try:
            connection.execute(piece.encode())
        except psycopg.Error as error:
            return _Failure(revision, piece, error)
    return None


OFFLINE_SCRIPT = Check(
    id="offline-script",
    area="offline",
    title="`alembic upgrade heads --sql` needs no database, and its script gives the same schema as the upgrade.",
    reason="Where a DBA deploys by the script, production gets a schema that nobody tested, or there is no script to"
    " run.",
    remedy="Where a revision reads from the database, ask context.is_offline_mode() first, and emit the same DDL in"
    " both modes.",
    scope="history",
    examine=_script,
)

CHECKS = (OFFLINE_SCRIPT,)
