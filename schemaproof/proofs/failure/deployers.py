"""Several deployers at once: processes that run ``alembic upgrade heads`` on one database, and what became of each.

They meet in the worst order that there is, whatever the machine is busy with: who has read the version table and is
about to run the first revision waits at a gate, until all others stand there too, are at their end, or wait for a lock.
"""

import multiprocessing
import os
import re
import signal
import threading
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from time import monotonic
from typing import Any, Literal, NoReturn

import psycopg
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from schemaproof.errors import ProofError
from schemaproof.migration.environment import Environment, Run, sqlstate
from schemaproof.migration.redirect import Redirection
from schemaproof.migration.revisions import script_directory
from schemaproof.migration.roles import role_trouble
from schemaproof.postgres import Database, Server
from schemaproof.processes import keep_shared
from schemaproof.project.subject import DEFAULT_DEPLOYERS, Subject
from schemaproof.proofs.failure.child import CAN_FORK

PATIENCE = 60.0  # seconds without news after which those that still run are ended

_LOOK = 0.02  # seconds between two looks at who waits for a lock
_CALM = 2  # looks in a row that must agree: a wait for a lock may be over in an instant
_POLLS = 2  # statements sent again since the last one came to the gate, by which a deployer is known to poll
_CAP = 2.0  # seconds after the last arrival; for those who wait in a way that can't be seen (sleeping in Python)

# What keeps other deployers out, before Alembic has a say: an advisory lock, a table's or a row's (manual, 13.3).
_ADVISORY = re.compile(r"\bpg_(?:try_)?advisory_(?:xact_)?lock", re.IGNORECASE)
_LOCK = re.compile(rf"{_ADVISORY.pattern}|^\s*LOCK\b|\bFOR\s+(?:NO\s+KEY\s+)?UPDATE\b", re.IGNORECASE)

_GIVEN_UP = {"55P03", "57014"}  # SQLSTATEs lock_not_available, query_canceled: lock_timeout, NOWAIT, statement_timeout
_BUGS = (ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError, TypeError)

_Say = Callable[..., None]  # hands a word, and what belongs to it, to the process that waits

_SEEN = "an advisory lock, seen in pg_locks"

# A revision in one of the version tables that env.py may serve: schema, table, revision.
Applied = tuple[str | None, str, str]


@dataclass(frozen=True)
class Deployer:
    """What became of one deployer.

    Attributes:
        told: why it failed, for a finding's evidence; "" where it came to a good end.
        applied: the revisions that it ran to their end and recorded.
        roles: what each revision sent to create or drop roles.
        role_trouble: the statement about a role that it failed with.
        hung: whether it did not come to an end by itself.
        refused: whether it gave up before Alembic had a say, as its own code provides: another one was at work.
        guard: the statement, or the kind of lock, by which env.py was seen to keep others out; "" for none.
    """

    told: str = ""
    applied: frozenset[Applied] = frozenset()
    roles: Mapping[str, list[str]] = field(default_factory=dict)
    role_trouble: str | None = None
    hung: bool = False
    refused: bool = False
    guard: str = ""


def applied_twice(deployers: Sequence[Deployer]) -> list[str]:
    """The revisions that more than one of ``deployers`` applied and committed."""
    counts = Counter(one for deployer in deployers if not deployer.told for one in deployer.applied)
    return sorted({revision for (_, _, revision), count in counts.items() if count > 1})


def race(  # noqa: PLR0913 (what is left out is for tests)
    environment: Environment,
    script: ScriptDirectory,
    database: Database,
    *,
    count: int = DEFAULT_DEPLOYERS,
    patience: float = PATIENCE,
    method: Literal["fork", "spawn"] = "fork" if CAN_FORK else "spawn",
) -> list[Deployer]:
    """What becomes of ``count`` deployers that upgrade ``database`` at once; none of them runs any more.

    Args:
        environment: whose env.py they run.
        script: its revisions.
        database: which nobody else uses; whatever sessions are left on it are ended.
        count: how many.
        patience: seconds after which they are ended, counted from the last arrival, applied revision or end.
        method: "fork" takes over the project's modules as they are, which is not safe everywhere.

    Raises:
        PostgresError: when the server is lost.
    """
    referee = _Referee(database, patience)
    try:
        referee.call(environment, script, count, method)
        deployers = referee.watch()
    finally:
        referee.close()
    environment.server.end_sessions(database.name)
    return deployers


def guard_of_one(environment: Environment, script: ScriptDirectory, database: Database) -> str:
    """The lock that env.py takes on ``database``, where there is nothing to upgrade; "" where none is seen."""
    seen: list[str] = []
    listener = _Listener(lambda kind, said=None: seen.append(said) if kind == "guard" else None)
    environment.run(script, database, lambda _heads, _context: (), "heads", listener)
    environment.server.end_sessions(database.name)
    return seen[0] if seen else ""


class _Barrier:
    """Lets nobody pass until the process that made it opens it, or is gone."""

    def __init__(self, context: Any) -> None:
        self._pass, self._bar = context.Pipe(duplex=False)

    def wait(self) -> None:
        """Return when it is open; in the other process."""
        self._pass.poll(None)

    def leave(self) -> None:
        """Let go of the bar, which is the other process' to hold."""
        self._bar.close()

    def open(self) -> None:
        """Let them pass."""
        self._bar.close()

    @property
    def is_open(self) -> bool:
        """Whether they may pass."""
        return bool(self._bar.closed)

    def close(self) -> None:
        """Give it up."""
        self._bar.close()
        self._pass.close()


@dataclass
class _Racer:
    """A deployer as the process that waits for it knows it."""

    process: BaseProcess
    pipe: Pipe
    ready: bool = False
    arrived: bool = False  # at the gate
    ended: bool = False
    repeats: int = 0  # statements sent again since the last arrival
    guard: str = ""
    became: Deployer | None = None

    @property
    def settled(self) -> bool:
        """Whether it comes no further before the gate is opened, as far as it says itself."""
        return self.arrived or self.ended or self.repeats >= _POLLS


class _Referee:
    """Starts the deployers together, opens the gate, and ends those that go on for ever."""

    def __init__(self, database: Database, patience: float) -> None:
        self._database = database
        self._patience = patience
        self._racers: list[_Racer] = []
        self._errors: list[BaseException] = []
        self._news = monotonic()
        self._calm = 0
        self._advisory = False  # whether a session of env.py was seen to hold or want an advisory lock
        self._stack = ExitStack()

    def call(self, environment: Environment, script: ScriptDirectory, count: int, method: str) -> None:
        """Make the deployers' processes, which wait for the start."""
        context: Any = multiprocessing.get_context(method)
        server = environment.server
        dsn = server.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._watcher = self._stack.enter_context(
            closing(psycopg.connect(dsn, autocommit=True, application_name="schemaproof"))
        )
        self._start, self._gate = (self._stack.enter_context(closing(_Barrier(context))) for _ in range(2))
        project = _Project(
            environment.subject,
            environment.driver,
            environment.give_connection,
            self._database.name,
            (environment, script) if method == "fork" else None,
        )
        for _ in range(count):
            ours, theirs = context.Pipe(duplex=False)
            arguments = (project, replace(server), theirs, self._start, self._gate)
            process = context.Process(target=_deploy, args=arguments, daemon=True)
            with warnings.catch_warnings():
                # Of forking beside other threads: nothing of theirs is used in the child.
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            theirs.close()
            self._racers.append(_Racer(process, ours))

    def watch(self) -> list[Deployer]:
        """What became of them, when all are at their end."""
        self._news = monotonic()
        while racing := [racer for racer in self._racers if not racer.ended]:
            for pipe in wait([racer.pipe for racer in racing], _LOOK):
                self._hear(next(racer for racer in racing if racer.pipe is pipe))
            if self._errors:
                raise self._errors[0]
            if not self._start.is_open and all(racer.ready or racer.ended for racer in self._racers):
                self._start.open()
            if not self._gate.is_open and self._may_open():
                self._gate.open()
            if monotonic() - self._news > self._patience:
                self._give_up(racing)
        seen = _SEEN if self._advisory else ""
        return [replace(racer.became or Deployer(), guard=racer.guard or seen) for racer in self._racers]

    def close(self) -> None:
        """End what still runs, and let go of everything."""
        for racer in self._racers:
            racer.process.kill()
        for racer in self._racers:
            racer.process.join()
            racer.process.close()
            racer.pipe.close()
        self._stack.close()

    def _hear(self, racer: _Racer) -> None:
        try:
            kind, said = racer.pipe.recv()
        except (EOFError, OSError):  # the latter in the middle of a message
            self._hear_end(racer)
            return
        if kind == "repeat":
            racer.repeats += 1
            return
        if kind == "guard":
            racer.guard = said
            return
        self._news = monotonic()
        if kind == "ready":
            racer.ready = True
        elif kind == "arrived":
            racer.arrived = True
            self._look_for_locks()
            self._forget()
        elif kind == "became":
            racer.became = said
        elif kind == "error":
            self._errors.append(said)

    def _hear_end(self, racer: _Racer) -> None:
        """It is gone, and its sessions with it: whoever waited for it goes on."""
        racer.ended = True
        racer.process.join()
        if racer.became is None:
            racer.became = Deployer(f"its process died (exit code {racer.process.exitcode})")
        self._news = monotonic()
        self._forget()

    def _forget(self) -> None:
        """What was seen of the others is out of date."""
        self._calm = 0
        for racer in self._racers:
            racer.repeats = 0

    def _may_open(self) -> bool:
        if not any(racer.arrived and not racer.ended for racer in self._racers):
            return False  # nobody stands there
        under_way = sum(not racer.settled for racer in self._racers)
        if not under_way or monotonic() - self._news > _CAP:
            return True
        self._calm = self._calm + 1 if self._waiting() >= under_way else 0
        return self._calm >= _CALM

    def _waiting(self) -> int:
        """How many sessions on the database wait for a lock."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
        row = self._watcher.execute(query, [self._database.name]).fetchone()
        return row[0] if row else 0

    def _look_for_locks(self) -> None:
        """Notice an advisory lock that was taken past SQLAlchemy, or by a function of the project's.

        Not once the gate is open: from then on it may be a revision's.
        """
        if self._gate.is_open or self._advisory:
            return
        query = (
            "SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE datname = %s AND locktype = 'advisory'"
        )
        self._advisory = self._watcher.execute(query, [self._database.name]).fetchone() is not None

    def _give_up(self, racing: Sequence[_Racer]) -> None:
        """End ``racing``, and say what they were at."""
        query = (
            "SELECT format('| a session is %%s%%s: %%s', state, ' (' || wait_event || ')', left(query, 200))"
            " FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
        )
        sessions = [line for (line,) in self._watcher.execute(query, [self._database.name]).fetchall()]
        told = "\n".join([f"It did not come to an end: nothing happened for {self._patience:g} s.", *sessions])
        self._news = monotonic()
        for racer in racing:
            racer.became = racer.became or Deployer(told, hung=True)
            racer.process.kill()
            racer.ended = True
        self._forget()


@dataclass(frozen=True)
class _Project:
    """What a deployer runs, and where.

    Attributes:
        subject: whose env.py it is.
        driver: the one that suits it.
        give_connection: whether it must be given a connection.
        database: the name of the database.
        taken_over: environment and revisions of the process that was forked; None in a new one.
    """

    subject: Subject
    driver: str
    give_connection: bool
    database: str
    taken_over: tuple[Environment, ScriptDirectory] | None


def _deploy(project: _Project, server: Server, pipe: Pipe, start: _Barrier, gate: _Barrier) -> NoReturn:
    """The other process: one deployer."""
    keep_shared()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the process that waits too, and it ends this one
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    start.leave()
    gate.leave()
    lock = threading.Lock()  # env.py may work in several threads

    def say(kind: str, said: Any = None) -> None:
        with lock:
            pipe.send((kind, said))

    try:
        with _opened(project, server) as (environment, script):
            say("ready")
            start.wait()
            say("became", _upgrade(environment, script, Database(project.database, server), say, gate))
    except BaseException as error:  # noqa: BLE001 (the process that waits raises it)
        ours = isinstance(error, ProofError)
        say("error", error if ours else RuntimeError("".join(traceback.format_exception(error))))
    finally:
        os._exit(0)  # at once: its sessions end with it, and what the forked process had to do at its end is not done


@contextmanager
def _opened(project: _Project, server: Server) -> Iterator[tuple[Environment, ScriptDirectory]]:
    """The project's environment and revisions, with a connection of this process to the server."""
    if project.taken_over is not None:
        environment, script = project.taken_over
        environment.server = server
        yield environment, script
        return
    with Environment(project.subject, server) as environment:
        environment.driver, environment.give_connection = project.driver, project.give_connection
        yield environment, script_directory(environment.config, environment.surroundings)


def _upgrade(
    environment: Environment, script: ScriptDirectory, database: Database, say: _Say, gate: _Barrier
) -> Deployer:
    """Run ``alembic upgrade heads``; ``say`` is told of what happens meanwhile."""
    applied: set[Applied] = set()

    def steps(heads: tuple[str, ...], context: MigrationContext) -> Iterator[RevisionStep]:
        say("arrived")
        gate.wait()
        these = set()  # env.py may catch an error, and begin anew
        for step in script._upgrade_revs("heads", heads):  # type: ignore[arg-type]  # Alembic annotates one id, and takes all
            yield step
            these.add((context.version_table_schema, context.version_table, step.revision.revision))
            say("applied")
        applied.update(these)

    environment.stall_timeout = None  # it may wait for the others as long as they get on, which the referee knows
    run = environment.run(script, database, steps, "heads", _Listener(say))
    became = Deployer(_failure(run), frozenset(applied), run.roles, role_trouble(run), refused=_refused(run))
    return replace(became, hung=run.hang is not None)


def _failure(run: Run) -> str:
    """Why ``run`` failed; "" where it did not: a deployer may see that another is at work, and end its process."""
    if isinstance(run.error, SystemExit) and not run.error.code:
        return ""
    return run.told if run.error is not None else ""


def _refused(run: Run) -> bool:
    """Whether ``run`` ended as env.py provides for: by an error of its own, or its lock's, before Alembic began."""
    if run.error is None or run.called or not _failure(run):
        return False
    if isinstance(run.error, DBAPIError):
        return sqlstate(run.error) in _GIVEN_UP and _LOCK.search(run.error.statement or "") is not None
    return not isinstance(run.error, _BUGS)


class _Listener:
    """Says which lock env.py takes, and when it sends a statement again: it asks whether it is its turn."""

    def __init__(self, say: _Say) -> None:
        self._say = say
        self._sent: set[str] = set()
        self._guarded = False
        self._redirection: Redirection | None = None

    def begin(self, redirection: Redirection) -> None:
        """A run with this ``redirection`` begins."""
        self._redirection = redirection

    def before(self, _connection: Connection, _cursor: Any, statement: str) -> None:
        """Say so."""
        if statement in self._sent:
            self._say("repeat")
        self._sent.add(statement)
        if not self._guarded and self._is_guard(statement):
            self._guarded = True
            self._say("guard", " ".join(statement.split()))

    def _is_guard(self, statement: str) -> bool:
        """Whether it is env.py's to keep others out; or the first revision's, which begins with it."""
        revision = self._redirection.revision if self._redirection is not None else None
        if revision is None:
            return _LOCK.search(statement) is not None
        begins = self._redirection is not None and self._redirection.statements == 1
        return begins and _ADVISORY.search(statement) is not None

    def after(self, connection: Connection, cursor: Any, statement: str) -> None:
        """Nothing."""

    def commit(self, _connection: Connection, commit: Callable[[], None]) -> None:
        """Commit."""
        commit()
