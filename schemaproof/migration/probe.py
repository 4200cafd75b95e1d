"""What the subject's env.py is like: one run of it without a revision, on an empty database, before anything else."""

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, text
from sqlalchemy.exc import DBAPIError

from schemaproof.migration import before
from schemaproof.migration.drivers import KNOWN, PLAIN, Choice, choices
from schemaproof.migration.empty import require_start
from schemaproof.migration.environment import Environment, Run
from schemaproof.migration.extensions import require_extension
from schemaproof.migration.modules import module_remedy
from schemaproof.migration.revisions import Imported, import_revisions
from schemaproof.migration.ungiven import ungiven_remedy
from schemaproof.postgres import Database
from schemaproof.project.subject import Subject, SubjectError, as_metadata


@dataclass(frozen=True)
class Facts:
    """What env.py told Alembic.

    Attributes:
        metadata: its ``target_metadata``; empty where it has none.
        version_table: schema and name of the table that records the revisions.
        revisions: their files, imported inside of env.py's run as `alembic upgrade` does: they may need what it makes.
        path: what env.py added to Python's module path.
        driver: of its connection, and why it is that one: ("psycopg2", "named in requirements.txt").
        once: whether it has run once only, so that the database is one that was brought to base.
        options: the names of what context.configure() was given.
        begun_outside: whether migrations run in a transaction that Alembic has not begun, and can't end.
    """

    metadata: tuple[MetaData, ...]
    version_table: tuple[str, str]
    revisions: Imported
    path: tuple[str, ...] = ()
    driver: tuple[str, str] = ("", "")
    once: bool = True
    options: frozenset[str] = frozenset()
    begun_outside: bool = False


def probe(environment: Environment, script: ScriptDirectory, database: Database) -> Facts:
    """Run env.py on ``database`` without a revision; settle the driver, and whether it must be given a connection.

    Raises:
        EmptyDatabaseError: when it needs what an empty database lacks.
        SubjectError: when env.py fails, connects to another database or to none, or runs no migrations, or when the
            metadata that the subject names can't be imported.
    """
    loaded, path, inside = set(sys.modules), set(sys.path), _Inside(environment.subject, script)
    subject, own_url = environment.subject, environment.own_url
    found = choices(subject.project, Path(script.dir), subject.driver, own_url, subject.url_env)
    tried: list[tuple[Choice, Run]] = []
    for choice, give_connection in ((choice, give) for choice in found for give in (False, True)):
        if tried:  # as a new process would, which has none of it
            before.leave()
            _forget(subject.project, loaded)
        environment.driver, environment.give_connection = choice.driver, give_connection
        run = environment.run(script, database, inside.look, "heads")
        tried.append((choice, run))
        if run.error is None or run.hang is not None or run.redirection.elsewhere or run.redirection.connections:
            break
    else:  # all fail: with what the project names, if it names one
        choice, run = next((one for one in tried if one[0].named), tried[-1])
        environment.driver = choice.driver
    require_extension(environment.server, run.error)
    require_start(environment, run)
    refuse(environment, run)
    assert run.context is not None  # noqa: S101 (it has called run_migrations)
    options: dict[str, Any] = run.context.opts
    table = options.get("version_table") or "alembic_version"
    # Without a schema it is made where env.py's search_path says.
    schema = options.get("version_table_schema") or inside.schema
    declared = inside.declared or (lambda: as_metadata(options.get("target_metadata")))
    assert inside.revisions is not None  # noqa: S101 (it has called run_migrations)
    added = tuple(entry for entry in sys.path if entry not in path)
    driver = inside.driver, _why(choice, inside.driver)
    return Facts(
        declared(),
        (schema, table),
        inside.revisions,
        added,
        driver,
        once=len(tried) == 1,
        options=frozenset(options),
        begun_outside=inside.begun_outside,
    )


def _why(choice: Choice, driver: str) -> str:
    """Why env.py's connection has this ``driver``."""
    if choice.driver == driver:
        return choice.why
    return "SQLAlchemy's for postgresql://" if choice.driver == PLAIN else "env.py's own"


class _Inside:
    """What is looked at inside of env.py's run, where Alembic imports the revisions."""

    def __init__(self, subject: Subject, script: ScriptDirectory) -> None:
        self.schema, self.driver, self.begun_outside = "public", "", False
        self.revisions: Imported | None = None
        self.declared: Callable[[], tuple[MetaData, ...]] | None = None
        self._subject = subject
        self._script = script

    def look(self, _heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
        """No steps."""
        assert context.connection is not None  # noqa: S101 (not offline)
        self.schema = context.connection.scalar(text("SELECT current_schema()")) or "public"
        self.driver = context.connection.dialect.driver.removesuffix("_async")
        each = context._transaction_per_migration or not context.impl.transactional_ddl
        self.begun_outside = context._in_external_transaction or (context._transaction is None and not each)
        if self.revisions is None:  # env.py may call run_migrations() for several databases
            self.revisions = import_revisions(self._script)
            self.declared = _kept(self._subject.import_metadata) if self._subject.metadata is not None else None
        return []


def _kept[T](work: Callable[[], T]) -> Callable[[], T]:
    """What returns or raises what ``work`` does now: not here, where env.py might catch it."""
    try:
        found = work()
    except SubjectError as error:
        return functools.partial(_raise, error)
    return lambda: found


def _raise(error: SubjectError) -> NoReturn:
    raise error


def refuse(environment: Environment, run: Run) -> None:
    """Raise where ``run`` can't be trusted to have done its work on the database that it was given.

    Raises:
        SubjectError: see ``probe``.
    """
    subject, redirection = environment.subject, run.redirection
    if redirection.elsewhere:
        raise SubjectError(
            f"env.py connects to {redirection.elsewhere[0]}, not to the database that it was given. Nothing was"
            " written there: the connection was refused before it was made.",
            remedy=f"Let env.py take its URL from the environment variable {subject.url_env} (--url-env names another"
            f' one) or from sqlalchemy.url: `url = os.environ.get("{subject.url_env}") or ...`, with what it takes now'
            " in place of the dots; set other variables in [tool.schemaproof.environment].",
        )
    if redirection.strange:
        raise SubjectError(
            f"env.py connects with the driver {redirection.strange}; schemaproof knows {', '.join(KNOWN[:-1])} and"
            f" {KNOWN[-1]}.",
            evidence=run.told,
            remedy=f"Let env.py use the URL in {subject.url_env} as it is, with the driver that it names:"
            f" {environment.driver or 'none'} here; --driver names another one.",
        )
    if isinstance(run.error, DBAPIError) and not redirection.asked:  # the stand-in takes no connections
        raise SubjectError(
            "env.py's engine makes its connections itself (creator=), so they can't be sent to a throwaway database.",
            evidence=run.told,
            remedy=f"Let it connect to the URL in {subject.url_env} or sqlalchemy.url, without creator=; whatever else"
            " a connection needs, do in a listener for the event do_connect.",
        )
    if isinstance(run.error, before.BeforeError):
        cause = run.error.__cause__
        if isinstance(cause, SubjectError):  # it can't be imported
            raise cause
        raise SubjectError(
            f"{run.error} fails (with {environment.driver_text}).",
            evidence=run.told,
            remedy=module_remedy(cause, subject.project)
            or ungiven_remedy(cause, subject)
            or f"Fix the error above. The URL is in {subject.url_env} (--url-env names another variable) as for env.py;"
            " set other variables in [tool.schemaproof.environment].",
        )
    if run.hang is not None:
        raise SubjectError(f"env.py {run.hang.does}.", evidence=run.told, remedy=run.hang.remedy)
    if run.error is not None:
        raise SubjectError(
            f"env.py fails before any revision runs (with {environment.driver_text}).",
            evidence=run.told,
            remedy=module_remedy(run.error, subject.project)
            or ungiven_remedy(run.error, subject)
            or f"Fix the error above. env.py gets its URL in {subject.url_env} (--url-env names another variable)"
            f" and in Alembic's {subject.url_option} (--url-option names another setting); set other variables in"
            " [tool.schemaproof.environment], and the driver with --driver.",
        )
    if not run.called:
        raise SubjectError(
            "env.py never called context.run_migrations().",
            evidence=run.told,
            remedy="Let it call context.run_migrations(), on a connection to the URL that it is given.",
        )
    if not redirection.connections:
        raise SubjectError(
            "env.py ran without connecting to the database that it was given.",
            evidence=run.told,
            remedy=f"Let it connect through SQLAlchemy to the URL in {subject.url_env} or sqlalchemy.url.",
        )


def _forget(project: Path, loaded: set[str]) -> None:
    """Take the project's modules out again that an earlier try imported: they may have kept its URL."""
    root = project.resolve()
    for name in set(sys.modules) - loaded:
        file = getattr(sys.modules[name], "__file__", None)
        if file and Path(file).resolve().is_relative_to(root) and "site-packages" not in Path(file).parts:
            del sys.modules[name]
