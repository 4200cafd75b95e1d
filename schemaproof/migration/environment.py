"""One project's env.py, run step by step in this process against any database of one server.

What is run is what ``alembic upgrade`` and ``alembic downgrade`` run: an EnvironmentContext around env.py, whose work
function names the steps. Only where those commands look the steps up in the graph of revisions anew, they are given.
"""

import argparse
import asyncio
import contextlib
import functools
import io
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Any, Literal, Self

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationStep, RevisionStep
from alembic.script import Script, ScriptDirectory
from sqlalchemy import URL, Connection, NullPool, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from schemaproof.migration import before
from schemaproof.migration.bytecode import unwritten
from schemaproof.migration.evidence import error_text, is_project_file
from schemaproof.migration.hang import Hang, HangError
from schemaproof.migration.inputs import listening
from schemaproof.migration.prepared import prepared
from schemaproof.migration.printed import shapes, worth_showing
from schemaproof.migration.redirect import Observer, Redirection, redirected
from schemaproof.migration.stacks import InterruptedRunError
from schemaproof.migration.watchdog import Watchdog
from schemaproof.postgres import Database, Server, Template
from schemaproof.project.configuration import raw_url
from schemaproof.project.subject import Subject

_SYNC = {"psycopg2": "psycopg2"}  # of the drivers that a connection may be given with; psycopg in place of others
# What a timeout of the project's own raises: lock_not_available, query_canceled and those of a session that is ended
# (manual, appendix A).
_TIMED_OUT = {"55P03", "57014", "25P03", "25P04", "57P01"}

Direction = Literal["upgrade", "downgrade"]
Steps = Callable[[tuple[str, ...], MigrationContext], Iterable[RevisionStep]]


@dataclass
class Run:
    """One run of env.py.

    Attributes:
        error: what it raised; None where it came to its end.
        first: what aborted the transaction before, where ``error`` only says that it is aborted.
        output: what it printed, standard output and standard error in their order, logging included.
        redirection: its connections and statements.
        context: Alembic's, as env.py configured it; None where it did not come so far.
        called: whether env.py called ``context.run_migrations()``.
        revision: the revision whose code ran last; None where none did.
        file: the file of that revision.
        inside: whether ``error`` came out of that revision's code.
        statements: how many statements each revision's code sent through SQLAlchemy.
        roles: what each revision sent to create or drop roles.
        privileges: what each revision sent to grant or revoke something.
        looked: whether env.py looked into ``config.attributes`` for a connection.
        project: the project's folder.
        told_error: ``error`` for people, "" where there is none.
        hang: why it was ended, where it did not come to its end by itself: ``error`` is a HangError then.
    """

    redirection: Redirection
    error: BaseException | None = None
    first: BaseException | None = None
    output: str = ""
    context: MigrationContext | None = None
    called: bool = False
    revision: str | None = None
    file: Path | None = None
    inside: bool = False
    statements: dict[str, int] = field(default_factory=dict)
    roles: dict[str, list[str]] = field(default_factory=dict)
    privileges: dict[str, list[str]] = field(default_factory=dict)
    looked: bool = False
    project: Path | None = None
    told_error: str = ""
    hang: Hang | None = None

    @property
    def told(self) -> str:
        """The error and the end of the output, for a finding's evidence."""
        error = self.told_error or ("" if self.error is None else error_text(self.error, self.project, self.file))
        printed = worth_showing(self.output, self.redirection.noise, error, self.project)
        return self._without_password("\n".join([*([error] if error else []), *(f"| {line}" for line in printed)]))

    def _without_password(self, text: str) -> str:
        """``text`` that may be shown to anybody, and is the same in the next run."""
        password = self.redirection.standin.password
        return text.replace(str(password), "***") if password else text

    def failed(self, error: BaseException | None, hang: Hang | None) -> None:
        """Remember what it raised, and why it was ended if it was; while the project's folder is the current one."""
        self.error, self.hang = error, hang
        if hang is not None:
            self.told_error = hang.evidence
            self.error = HangError(hang)
            self.error.__cause__ = error
        elif error is not None:
            cause = error.__cause__ if isinstance(error, before.BeforeError) else None
            self.told_error = error_text(cause or error, self.project, self.file)
            self.first = self.redirection.errors.behind(cause or error)
        if self.first is not None:
            first = error_text(self.first, self.project, self.file)
            self.told_error = f"{first}\nand then, in the transaction that this aborts:\n{self.told_error}"


class Environment:
    """The subject's env.py and revisions; as a context manager it leaves nothing of itself on the server.

    Args:
        standin: one that the caller keeps, and drops: the project's modules may have kept its URL.
    """

    def __init__(self, subject: Subject, server: Server, standin: Database | None = None) -> None:
        self.subject = subject
        self.server = server
        self.driver = subject.driver or "asyncpg"
        self.give_connection = False
        self.stall_timeout: float | None = subject.stall_timeout
        self.config: Config = subject.config()
        self.own_url = raw_url(self.config, subject.url_option)
        self._prepared: Template | None = None
        self._usual: frozenset[str] = frozenset()  # what a run without a revision prints
        self._inherited = standin is not None
        self._standin = standin or server.create()
        if standin is None:
            server.close_off(self._standin.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.forget_prepared()
        if not self._inherited:
            try:
                before.leave()
            finally:
                self._standin.drop()

    @property
    def standin(self) -> Database:
        """The database whose URL the subject is told."""
        return self._standin

    @property
    def driver_text(self) -> str:
        """The driver, for people."""
        return f"the driver {self.driver}" if self.driver else "postgresql://, SQLAlchemy's own choice of a driver"

    def _url(self) -> URL:
        return self._standin.url(self.driver) if self.driver else make_url(self._standin.dsn)

    @property
    def _url_text(self) -> str:
        return self._url().render_as_string(hide_password=False)

    def empty_database(self) -> Database:
        """A database without revisions, in which an administrator has done what the subject needs; the caller's."""
        if not self.subject.prepare_sql:
            return self.server.create()
        if self._prepared is None:
            self._prepared = prepared(self.server, self.subject.prepare_sql)
        return self.server.clone(self._prepared)

    def forget_prepared(self) -> None:
        """Drop what ``empty_database`` is cloned from, which may need roles; the next call makes it anew."""
        if self._prepared is not None:
            self.server.drop(self._prepared.name)
            self._prepared = None

    def upgrade(
        self, script: ScriptDirectory, database: Database, revisions: Sequence[Script], observer: Observer | None = None
    ) -> Run:
        """Apply exactly ``revisions``, in this order, in one run of env.py; see ``run`` for ``observer``."""
        steps = [MigrationStep.upgrade_from_script(script.revision_map, revision) for revision in revisions]
        destination = revisions[-1].revision if revisions else "heads"
        return self.run(script, database, lambda _heads, _context: steps, destination, observer)

    def downgrade(
        self, script: ScriptDirectory, database: Database, revision: Script, observer: Observer | None = None
    ) -> Run:
        """Take exactly ``revision`` back, also where it is one of several branches; see ``run`` for ``observer``."""
        if not hasattr(revision.module, "downgrade"):  # Alembic ends in an AttributeError there
            revision.module.downgrade = _no_downgrade  # type: ignore[attr-defined]  # a module takes any attribute
        step = MigrationStep.downgrade_from_script(script.revision_map, revision)
        below = revision._all_down_revisions
        return self.run(script, database, lambda _heads, _context: [step], below[0] if below else "base", observer)

    def run(
        self,
        script: ScriptDirectory,
        database: Database,
        steps: Steps,
        destination: str,
        observer: Observer | None = None,
    ) -> Run:
        """Run env.py against ``database`` with the ``steps`` that are worked out from its heads.

        An ``observer`` is told of its statements. It also sees to the sessions that env.py leaves: without one they are
        ended here.
        """
        run = Run(Redirection(self._url(), database.name, observer=observer), project=self.subject.project)

        def work(heads: tuple[str, ...], context: MigrationContext) -> Iterator[RevisionStep]:
            run.called, run.context = True, context
            for step in steps(heads, context):
                yield watched(step, run)

        self._execute_env(script, run, {"fn": work, "destination_rev": destination})
        if run.redirection.open > 0 and observer is None:  # a pool that outlives env.py
            self.server.end_sessions(database.name)
        return run

    def script_to_head(self, script: ScriptDirectory, write: Callable[[str], object]) -> Run:
        """Run env.py as ``alembic upgrade heads --sql``; ``write`` gets the script, a statement a call."""
        run = Run(Redirection(self._url(), None), project=self.subject.project)

        def work(heads: tuple[str, ...], context: MigrationContext) -> Iterator[RevisionStep]:
            run.called, run.context = True, context
            for step in script._upgrade_revs("heads", heads):  # type: ignore[arg-type]  # Alembic annotates one id, and takes all
                yield watched(step, run)

        self.config.output_buffer = _Buffer(write)
        try:
            self._execute_env(
                script, run, {"fn": work, "destination_rev": "heads", "as_sql": True, "starting_rev": None}
            )
        finally:
            self.config.output_buffer = None
        return run

    def _execute_env(self, script: ScriptDirectory, run: Run, options: Mapping[str, Any]) -> None:
        offline = bool(options.get("as_sql"))
        raised: BaseException | None = None
        with (
            self.surroundings() as printed,
            run.redirection.noise.listening(),
            redirected(run.redirection),
            self._attributes(run, offline=offline),
        ):
            self.config.cmd_opts = _command_line(
                self.config.config_ini_section, self._x(), str(options["destination_rev"]), sql=offline
            )
            context = EnvironmentContext(self.config, script, **options)
            watchdog = Watchdog(run.redirection, self.server, self.subject.project, self.stall_timeout)
            try:
                with watchdog:
                    before.enter(self.subject, self._url_text, self.surroundings)
                    with context:
                        script.run_env()
            except (Exception, SystemExit, InterruptedRunError, asyncio.CancelledError) as error:  # noqa: BLE001 (it is the subject's, and told)
                raised = error
            finally:
                run.redirection.watched = False
            run.failed(raised, watchdog.hang or (watchdog.seen if sqlstate(raised) in _TIMED_OUT else None))
        run.output = printed.getvalue()
        if run.called and run.revision is None and run.error is None:
            self._usual |= shapes(run.output)
        run.redirection.noise.usual = self._usual

    @contextlib.contextmanager
    def surroundings(self) -> Iterator[io.StringIO]:
        """The project's folder, variables, module path and logging for its code; what it prints is caught."""
        printed = io.StringIO()
        with (
            _inside(self.subject.project),
            _environ(self._variables()),
            _logging_kept(),
            unwritten(is_project_file),
            listening(self.subject.project),
            warnings.catch_warnings(),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            warnings.simplefilter("default")  # the subject's warnings are not ours to turn into errors
            # Of garbage, whoever left it, told in whichever run it is collected; Python ignores it by default too.
            warnings.simplefilter("ignore", ResourceWarning)
            for name in ("sqlalchemy.url", self.subject.url_option):
                self.config.set_main_option(name, self._url_text.replace("%", "%%"))
            yield printed

    def _variables(self) -> dict[str, str]:
        values = self._values()
        more = {name: text.format_map(values) for name, text in self.subject.environment.items()}
        return {self.subject.url_env: values["url"]} | more

    def _x(self) -> list[str] | None:
        values = self._values()
        return [text.format_map(values) for text in self.subject.x] or None

    def _values(self) -> dict[str, str]:
        """What stands for the database in settings, by its placeholder."""
        url = self._url()
        return {
            "url": url.render_as_string(hide_password=False),
            "host": url.host or str(url.query.get("host", "localhost")),
            "port": str(url.port or 5432),
            "user": url.username or "",
            "password": str(url.password or ""),
            "database": url.database or "",
        }

    @contextlib.contextmanager
    def _attributes(self, run: Run, *, offline: bool) -> Iterator[None]:
        """``config.attributes`` with a connection for the env.py that can't do without."""
        with contextlib.ExitStack() as stack:

            def connect() -> Connection:
                engine = create_engine(self._standin.url(_SYNC.get(self.driver, "psycopg")), poolclass=NullPool)
                return stack.enter_context(engine.connect())

            attributes = _Attributes(run, connect, always=self.give_connection and not offline)
            self.config.attributes = attributes
            yield


class _Attributes(dict[str, Any]):
    """``config.attributes``: an env.py that asks with ``get`` falls back on the URL, another gets it."""

    def __init__(self, run: Run, connect: Callable[[], Connection], *, always: bool) -> None:
        super().__init__()
        self._run = run
        self._connect = connect
        self._always = always

    def get(self, key: str, default: Any = None) -> Any:
        if key == "connection":
            self._run.looked = True
            if self._always:
                return self[key]
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        if key == "connection":
            self._run.looked = True
            return self._always
        return super().__contains__(key)

    def __missing__(self, key: str) -> Any:
        if key != "connection":
            raise KeyError(key)
        self[key] = self._connect()
        return self[key]


class _Buffer(io.StringIO):
    """A file that hands on what is written to it."""

    def __init__(self, write: Callable[[str], object]) -> None:
        super().__init__()
        self._write = write

    def write(self, text: str) -> int:
        self._write(text)
        return len(text)


def watched(step: RevisionStep, run: Run) -> RevisionStep:
    """``step``, while whose code runs statements are counted, and errors known to be its own.

    Its code comes from a module of its own, as in each call of the command line: a revision may keep something there.
    """
    work, revision, redirection = step.migration_fn, step.revision.revision, run.redirection

    def migrate(**arguments: Any) -> None:
        run.revision = redirection.revision = revision
        run.file = Path(step.revision.path)
        redirection.progress += 1
        run.inside = redirection.watched = True
        before, roles = redirection.statements, len(redirection.role_statements)
        privileges = len(redirection.privilege_statements)
        try:
            fresh = _fresh_module(step.revision)
            getattr(fresh, work.__name__, work)(**arguments)
            run.inside = False
        finally:
            redirection.watched = False
            run.statements[revision] = redirection.statements - before
            run.roles[revision] = redirection.role_statements[roles:]
            run.privileges[revision] = redirection.privilege_statements[privileges:]

    migrate.__name__ = work.__name__  # Alembic's log shows it
    step.migration_fn = migrate
    return step


@functools.cache
def _code(path: Path) -> CodeType:
    return compile(path.read_bytes(), str(path), "exec")


def _fresh_module(revision: Script) -> ModuleType:
    """The module of ``revision``, executed anew."""
    module = ModuleType(revision.module.__name__)
    module.__file__ = revision.path
    exec(_code(Path(revision.path)), module.__dict__)  # noqa: S102 (the file that Alembic imported)
    return module


def sqlstate(error: BaseException | None) -> str | None:
    """The SQLSTATE of a database error that SQLAlchemy wrapped; None for any other error."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return None
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    return str(code) if code else None


class NoDowngradeError(Exception):
    """The revision has no function ``downgrade``."""


def _no_downgrade() -> None:
    raise NoDowngradeError("the revision has no function downgrade()")


def _command_line(section: str, x: list[str] | None, destination: str, *, sql: bool) -> argparse.Namespace:
    """What env.py sees of ``alembic -n SECTION -x X upgrade DESTINATION``."""
    return argparse.Namespace(config=None, name=section, raiseerr=False, x=x, revision=destination, sql=sql, tag=None)


@contextlib.contextmanager
def _environ(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """``folder`` as the working directory, for relative entries of the module path too: Python keeps what they were."""
    with contextlib.chdir(folder):
        _forget_relative_entries()
        try:
            yield
        finally:
            _forget_relative_entries()


def _forget_relative_entries() -> None:
    entries = [one for one in sys.path_importer_cache if not os.path.isabs(one)]  # noqa: PTH117 (at each run: it is fast)
    for entry in entries:
        del sys.path_importer_cache[entry]


@contextlib.contextmanager
def _logging_kept() -> Iterator[None]:
    """Undo what env.py's fileConfig() does to the loggers of the process."""
    root = logging.getLogger()
    loggers = [logger for logger in logging.Logger.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    states = [
        (logger, logger.disabled, logger.level, logger.propagate, logger.handlers[:]) for logger in [root, *loggers]
    ]
    try:
        yield
    finally:
        for logger, disabled, level, propagate, handlers in states:
            logger.disabled, logger.propagate, logger.handlers = disabled, propagate, handlers
            if logger.level != level:  # each call goes through all loggers there are
                logger.setLevel(level)
