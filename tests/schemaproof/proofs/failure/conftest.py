"""Small projects whose revisions are made to fail."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import indent

import psutil
import pytest

from schemaproof.migration.environment import Run
from schemaproof.migration.history import History, open_history
from schemaproof.postgres import Database, Server
from schemaproof.proofs.failure import equivalence
from schemaproof.proofs.failure.fault import Fault, faults_at
from schemaproof.proofs.failure.injector import Injector
from schemaproof.proofs.failure.proof import Proof
from schemaproof.proofs.failure.sites import Recorder, Site
from schemaproof.proofs.failure.state import Watcher
from schemaproof.proofs.failure.trial import Direction, Way
from schemaproof.proofs.failure.ways import downgrade_of, upgrade_of
from tests.schemaproof.projects import Step, make_project

ASYNC_ENV = """
import asyncio
from alembic import context
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine

OPTIONS = {options}


def migrate(connection):
    context.configure(connection=connection, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


async def connected():
    engine = create_async_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)


asyncio.run(connected())
"""

type Open = Callable[..., History]


REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {below!r}


def upgrade():
{upgrade}


def downgrade():
    pass
"""


def sent(*statements: str) -> str:
    """The code of an upgrade that sends ``statements``, one by one."""
    return "\n".join(f"op.execute({statement!r})" for statement in statements)


def with_upgrade(number: int, code: str) -> str:
    """The text of the revision ``number`` whose upgrade has this code."""
    below = f"{number - 1:04}" if number > 1 else None
    return REVISION.format(revision=f"{number:04}", below=below, upgrade=indent(code, "    "))


def write_upgrade(folder: Path, number: int, code: str) -> None:
    """Give the revision ``number`` of the project in ``folder`` an upgrade of this code."""
    (folder / "migrations" / "versions" / f"{number:04}.py").write_text(with_upgrade(number, code))


@pytest.fixture
def open_(tmp_path: Path, own_server: Server) -> Iterator[Open]:
    """Open the history of a project with the given steps; a string is the Python code of an upgrade."""
    with ExitStack() as stack:

        def begin(*steps: Step | str, driver: str = "psycopg", **options: str) -> History:
            folder = tmp_path / str(len(list(tmp_path.iterdir())))
            if driver == "asyncpg":
                options.setdefault("env", ASYNC_ENV)
            plain = [step if isinstance(step, Step) else Step("") for step in steps]
            subject = replace(make_project(folder, plain, **options), driver=driver)
            for number, step in enumerate(steps, 1):
                if isinstance(step, str):
                    write_upgrade(folder, number, step)
            return stack.enter_context(open_history(subject, own_server))

        yield begin


@dataclass(frozen=True)
class Ran:
    """One run with a fault, on a database in the state before; ``watcher`` looks at it."""

    run: Run
    injector: Injector
    watcher: Watcher


class Stage:
    """The databases just before a revision, and runs on them."""

    def __init__(self, history: History, stack: ExitStack) -> None:
        self._history = history
        self._stack = stack

    def database(self, revision: str, direction: Direction = "upgrade") -> Database:
        """One in the state before."""
        count = self._history.positions[revision] + (direction == "downgrade")
        return self._stack.enter_context(self._history.build(count))

    def watcher(self, database: Database) -> Watcher:
        return self._stack.enter_context(Watcher(database, self._history.version_table))

    def sites(self, revision: str, direction: Direction = "upgrade") -> tuple[Site, ...]:
        """Where a good run can fail."""
        watcher = self.watcher(self.database(revision, direction))
        recorder = Recorder(watcher.held)
        run = self._way(revision, direction).run(watcher.database, recorder)
        assert run.error is None, run.told
        watcher.end_sessions()
        return tuple(recorder.sites)

    def strike(self, revision: str, site: str | Site, fault: Fault) -> Ran:
        """Run the upgrade of ``revision`` with ``fault`` at the site of that id."""
        if isinstance(site, str):
            (site,) = (one for one in self.sites(revision) if one.id == site)
        watcher = self.watcher(self.database(revision))
        injector = Injector(site, fault, watcher)
        self._stack.callback(injector.release)
        return Ran(self.run(revision, watcher, injector), injector, watcher)

    def run(self, revision: str, watcher: Watcher, injector: Injector) -> Run:
        """Run the upgrade of ``revision`` on the database of ``watcher``."""
        return self._way(revision, "upgrade").run(watcher.database, injector)

    def _way(self, revision: str, direction: Direction) -> Way:
        script = self._history.revisions[self._history.positions[revision]]
        return upgrade_of(self._history, script) if direction == "upgrade" else downgrade_of(self._history, script)


type StageOf = Callable[[History], Stage]
type ProofOf = Callable[[History], Proof]


@pytest.fixture
def few_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """One fault of each outcome: before, after, and the process gone. Enough where it is about what is told of them."""
    few = {Fault.ERROR, Fault.COMMIT_LOST, Fault.KILLED}
    monkeypatch.setattr(
        equivalence, "faults_at", lambda site, **options: (one for one in faults_at(site, **options) if one in few)
    )


@pytest.fixture
def stage_of() -> Iterator[StageOf]:
    """A stage of a history; its databases are dropped at the end."""
    with ExitStack() as stack:
        yield lambda history: Stage(history, stack)


@pytest.fixture
def proof_of() -> Iterator[ProofOf]:
    """A proof of a history; its databases are dropped at the end."""
    with ExitStack() as stack:

        def begin(history: History) -> Proof:
            proof = Proof(history)
            stack.callback(proof.close)
            return proof

        yield begin


def children() -> set[int]:
    """The processes that this one has started and that are there still."""
    return {child.pid for child in psutil.Process().children()}
