"""The subject's history on one server: each revision's stairway, and databases in any state of it.

The revisions are climbed in one database, one after the other: up, down, up again, with a catalog read anew only as far
as it changed. So the cost of a revision does not grow with those below it, as that of a database of its own would
(PostgreSQL copies every table's files). What is found there is found again in a database where nothing was ever taken
back, before anybody hears of it.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from typing import Any, Protocol, TypeVar

import psycopg
from alembic.runtime.migration import MigrationContext
from alembic.script import Script
from sqlalchemy import MetaData

from schemaproof.catalog import Catalog, Difference, diff, noise
from schemaproof.migration.coming_down import ComingDown
from schemaproof.migration.environment import Environment, Run
from schemaproof.migration.footing import Footing
from schemaproof.migration.moments import Moments
from schemaproof.migration.probe import Facts, probe
from schemaproof.migration.revisions import Chain, chained, script_directory, sources
from schemaproof.migration.roles import Roles, need_the_server, require_roles
from schemaproof.migration.stairway import Stairs, Station
from schemaproof.migration.states import States, check, dropped_on_error
from schemaproof.postgres import Database, Server, Template
from schemaproof.project.subject import Subject, SubjectError
from schemaproof.proofs.chain.outside import Outside, look_outside
from schemaproof.proofs.failure.crashing import Crasher
from schemaproof.proofs.failure.proof import Examined, Proof

T = TypeVar("T")
C = TypeVar("C", bound="Closable")


class Closable(Protocol):
    """What holds databases."""

    def close(self) -> None:
        """Drop them."""


class History:
    """The revisions of one subject and what they do; made by :func:`open_history`.

    Attributes:
        subject: whose they are.
        server: where they are run.
        chain: the revisions, or why they can't be walked.
        metadata: what the project declares; empty where it declares nothing.
        version_table: schema and name of Alembic's version table.
    """

    def __init__(
        self,
        environment: Environment,
        chain: Chain,
        facts: Facts,
        *,
        alone: bool = False,
        roles: Iterable[str] | None = None,
    ) -> None:
        self.environment = environment
        self.subject = environment.subject
        self.server: Server = environment.server
        self.chain = chain
        self.metadata: tuple[MetaData, ...] = facts.metadata
        self.version_table = facts.version_table
        self.facts = facts
        self.role_statements: dict[str, list[str]] = {}
        self.roles = Roles(self.server, roles)
        self.noise: tuple[noise.Noise, ...] = ()  # what the server makes different by itself, and is compared nowhere
        self._alone = alone or need_the_server(self.texts)
        self._states = States(environment, chain, self.checked, alone=self._alone)
        self._station: tuple[int, Station] | None = None  # the climbing database, by the number of its revisions
        self._stairs: Stairs | None = None
        self._down: dict[int, ComingDown] = {}
        self._head: Station | None = None
        self.unstable = Moments()  # what is different after every upgrade, which a check tells
        self._moments = Moments()  # as far as it is known to be so because each upgrade makes it anew
        self._fixed: list[Difference] = []  # of it, what the last stairway showed
        self._one_call: Run | None = None
        self._one_call_catalog: Catalog | None = None
        self._stepwise: dict[int, Catalog] = {}  # catalogs that were reached step by step, by number of revisions
        self._differing: dict[int, list[Difference]] = {}  # how those of one call differ from them
        self._remembered: dict[str, Any] = {}
        self._open: dict[str, Closable] = {}
        self.proof = Proof(self)
        self._failures: tuple[str, tuple[Examined, ...]] | None = None
        self._crasher: Crasher | None = None
        self.told: Callable[[str], None] = lambda _: None  # of what takes long inside of a check

    @property
    def alone(self) -> bool:
        """Whether only one database may hold revisions at a time: they make roles, which belong to the whole server."""
        return self._alone

    def outside(self) -> Outside | None:
        """Which commands fail because they import the revisions outside of env.py's run; None where none does."""
        return look_outside(self.environment, self.chain.script, self.facts)

    @property
    def footing(self) -> Footing:
        """What this history stands on, for others of the same examination."""
        return Footing(self.environment.standin, self.roles.before)

    @property
    def texts(self) -> list[str]:
        """The strings in the revisions' files, and the statements about roles that they sent."""
        return [*self.chain.literals, *(one for each in self.role_statements.values() for one in each)]

    @property
    def revisions(self) -> tuple[Script, ...]:
        """In the order in which ``alembic upgrade heads`` applies them."""
        return self.chain.revisions

    @cached_property
    def positions(self) -> dict[str, int]:
        """The place of each revision in that order, from 0."""
        return {script.revision: index for index, script in enumerate(self.revisions)}

    def remember(self, key: str, make: Callable[[], T]) -> T:
        """What ``make`` returned when it was first asked for as ``key``."""
        if key not in self._remembered:
            self._remembered[key] = make()
        return self._remembered[key]  # type: ignore[no-any-return]  # what ``make`` returned

    def look_again(self) -> None:
        """Forget what was remembered: it did not know what is ``unstable``."""
        self._remembered.clear()

    def remember_open(self, key: str, make: Callable[[], C]) -> C:
        """As ``remember``, for what is closed when the history's databases are dropped."""
        if key not in self._open:
            self._open[key] = make()
        return self._open[key]  # type: ignore[return-value]  # what ``make`` returned

    def stairs(self, revision: str) -> Stairs:
        """The stairway of ``revision``.

        Raises:
            UpgradeFailedError: when a revision below it can't be applied.
            SubjectError, PostgresError: when nothing can be said of the revision.
        """
        if self._stairs is None or self._stairs.revision != revision:
            self._stairs = replace(self._climb_surely(self.positions[revision]), moments=self._moments)
            self._fixed = self._fixed_at_the_time(self._stairs)
            self._down[self.positions[revision]] = ComingDown.of(self._stairs)
            self.unstable.note(self._stairs.differs)
        return self._stairs

    def fixed_at_the_time(self, revision: str) -> list[Difference]:
        """How the second upgrade's catalog differs from the first one's because each upgrade makes it anew."""
        self.stairs(revision)
        return self._fixed

    def _fixed_at_the_time(self, stairs: Stairs) -> list[Difference]:
        """See ``fixed_at_the_time``; told by a third upgrade, of another database.

        What that makes different from both others is fixed at the time of the migration, or drawn by chance. The rest
        has another cause.
        """
        if not stairs.differs or stairs.first is None or stairs.second is None:
            return []
        station = self.station(self.positions[stairs.revision])
        try:
            script = self.revisions[self.positions[stairs.revision]]
            self.checked(self.environment.upgrade(self.chain.script, station.database, [script]))
            third = station.read(station.catalog)
        finally:
            station.close()
        moments = Moments.of(stairs.first, stairs.second, third)
        self._moments |= moments
        return moments.among(stairs.differs)

    def fixed_in_one_call(self, revision: str, differences: Iterable[Difference]) -> list[Difference]:
        """Those of ``one_call_differences`` that each upgrade makes anew; they are no matter of any check after it."""
        count = self.positions[revision] + 1
        once, again = (self._catalog_of(self._states.build, count) for _ in range(2))
        moments = Moments.of(self._catalog_of(self._states.step_by_step, count), once, again)
        self.unstable |= moments
        return moments.among(differences)

    def coming_down(self, index: int) -> ComingDown:
        """What is wrong with the downgrade of the revision at ``index``, also long after its stairway."""
        if index not in self._down:
            self.stairs(self.revisions[index].revision)
        return self._down[index]

    def knows(self, revision: str) -> bool:
        """Whether ``revision`` is the one whose stairway was climbed last."""
        return self._stairs is not None and self._stairs.revision == revision

    def abandon(self) -> None:
        """Leave the databases that climb: an error has left them in whatever state. The next ones are built anew."""
        for leave in (self._leave_station, self.proof.close):
            with suppress(Exception):  # the run's end drops what this can't
                leave()
        self._stairs = self._failures = None

    def note_coming_down(self, revision: str, down: ComingDown) -> None:
        """Take over from another process what it found out of ``revision``."""
        self._down[self.positions[revision]] = down

    def build(self, count: int) -> Database:
        """A database with the first ``count`` revisions, the caller's to drop. See :meth:`States.build`."""
        if count == len(self.revisions) and not self._alone:
            with self._at_head().lent() as head:
                return self.server.clone(Template(head.name))
        self._make_room()
        return self._states.build(count)

    def empty_database(self) -> Database:
        """An empty database on which the revisions can be run, the caller's to drop."""
        self._make_room()
        return self.server.create()

    def station(self, count: int) -> Station:
        """As ``build``, with the harness' connection and the catalog; the caller's to close."""
        return Station(self.build(count), self.version_table)

    def catalog_at(self, index: int) -> Catalog:
        """The catalog before the revision at ``index``, whose stairway is then the next to climb."""
        return self._arrive(index).catalog

    @cached_property
    def base_catalog(self) -> Catalog:
        """The catalog of a database on which env.py has run without a revision (it may create a schema)."""
        station = self.station(0)
        station.close()
        return station.catalog

    def head_catalog(self) -> Catalog:
        """The catalog of the migrated database, all revisions in one call."""
        return self._at_head().catalog

    def in_environment(self, work: Callable[[MigrationContext], T]) -> T:
        """What ``work`` returns inside a run of env.py on a copy of the migrated database; no migration is run."""
        results: list[T] = []

        def inside(_heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
            results.append(work(context))
            return []

        with self.head_copy() as database:
            run = self.checked(self.environment.run(self.chain.script, database, inside, "heads"))
        if run.error is not None:
            raise run.error
        return results[0]

    @contextmanager
    def head_copy(self) -> Iterator[Database]:
        """A copy of the migrated database, dropped at the end."""
        with self._at_head().lent() as database, self.server.clone(Template(database.name)) as copy:
            yield copy

    def surroundings(self) -> AbstractContextManager[object]:
        """The project's folder, variables and module path, for code of the project's own."""
        return self.environment.surroundings()

    def downgrade_to_base(self, database: Database) -> Run:
        """Take back all revisions of ``database`` in one call, as ``alembic downgrade base`` does."""

        def steps(heads: tuple[str, ...], _context: MigrationContext) -> Any:
            return self.chain.script._downgrade_revs("base", heads)  # type: ignore[arg-type]  # Alembic annotates one id, and takes all

        return self.checked(self.environment.run(self.chain.script, database, steps, "base"))

    def upgrade_to_heads(self, database: Database) -> Run:
        """Run ``alembic upgrade heads`` on ``database``, which finds the steps for itself."""

        def steps(heads: tuple[str, ...], _context: MigrationContext) -> Any:
            return self.chain.script._upgrade_revs("heads", heads)  # type: ignore[arg-type]  # Alembic annotates one id, and takes all

        return self.checked(self.environment.run(self.chain.script, database, steps, "heads"))

    def upgrade_to(self, database: Database, revision: str) -> Run:
        """Run ``alembic upgrade REVISION`` on ``database``, which finds the steps for itself."""

        def steps(heads: tuple[str, ...], _context: MigrationContext) -> Any:
            return self.chain.script._upgrade_revs(revision, heads)  # type: ignore[arg-type]  # Alembic annotates one id, and takes all

        return self.checked(self.environment.run(self.chain.script, database, steps, revision))

    def failures(self, revision: str) -> tuple[Examined, ...]:
        """What faults do to ``revision``; nothing where it can't be applied. See :meth:`Proof.examine`."""
        if self._failures is None or self._failures[0] != revision:
            stairs = self.stairs(revision)
            applied = stairs.up.error is None and stairs.recorded
            found = self.proof.examine(revision, downgrade=stairs.ran_down) if applied else ()
            self._failures = (revision, found)
        return self._failures[1]

    def begin_crashes(self) -> None:
        """Begin to crash a server of its own in the revisions, in another process."""
        if self._crasher is None and not self._alone and self.server.options is not None:
            subject = replace(self.subject, driver=self.environment.driver)
            self._crasher = Crasher(subject, self.server, everywhere=self.subject.crash_everywhere)

    def crashes(self) -> Mapping[str, tuple[Examined, ...]]:
        """By revision, what crashes of the server left; see :class:`Crasher`."""
        self.begin_crashes()
        assert self._crasher is not None  # noqa: S101 (asked for where there can be one)
        found = self._crasher.finish(self.told)
        self._crasher = None
        self.proof.tally.add(found.tally)
        return found.examined

    def close(self) -> None:
        """Drop every database of this history."""
        if self._crasher is not None:
            self._crasher.end()
            self._crasher = None
        self.proof.close()
        while self._open:
            self._open.popitem()[1].close()
        self._leave_station()
        if self._head is not None:
            self._head.close()
            self._head = None
        self._states.close()

    def one_call_catalog(self) -> Catalog:
        """The catalog after `alembic upgrade heads` on an empty database."""
        head = self._at_head().catalog
        return self._one_call_catalog or head

    def one_call_passes(self, revision: str) -> bool:
        """Whether `alembic upgrade heads` on an empty database gets past ``revision``, where a single step does not."""
        with self.empty_database() as database:
            run = self.upgrade_to_heads(database)
        return run.error is None or self.positions.get(run.revision or "", 0) > self.positions[revision]

    def one_call_failure(self) -> Run | None:
        """The run of `alembic upgrade heads` on an empty database, where it failed."""
        self._at_head()
        return self._one_call if self._one_call is not None and self._one_call.error is not None else None

    def commits_each_revision(self) -> bool:
        """Whether env.py configures ``transaction_per_migration``."""
        self._at_head()
        context = self._one_call.context if self._one_call is not None else None
        return context is not None and bool(context.opts.get("transaction_per_migration"))

    def one_call_differences(self) -> tuple[str, list[Difference]] | None:
        """The first revision after which one call leads to another catalog than single steps, and how it differs."""
        count = len(self.revisions)
        if count not in self._stepwise:
            self.note_stepwise(count, self._catalog_of(self._states.step_by_step, count))
        if not self.one_call_differs():
            return None
        low, high = 0, min(self._differing)  # equal, different
        while high - low > 1:
            middle = (low + high) // 2
            single = self._catalog_of(self._states.step_by_step, middle)
            differences = self.compared(single, self._catalog_of(self._states.build, middle))
            low, high = (low, middle) if differences else (middle, high)
            if differences:
                self._differing[middle] = differences
        return self.revisions[high - 1].revision, self._differing[high]

    def one_call_differs(self) -> bool:
        """Whether single steps lead elsewhere than one call, as far as single steps were made.

        From then on, the migrated database is the one of single steps: what was deployed release by release.
        """
        count = len(self.revisions)
        if not self._differing:
            self.note_one_call(count, self.head_catalog())
            if self._differing and self._head is not None:
                self._head.close()
                self._head = Station(self._states.step_by_step(count), self.version_table)
                self._remembered.clear()
        return bool(self._differing)

    def note_stepwise(self, count: int, catalog: Catalog) -> None:
        """Remember the catalog after ``count`` revisions that were applied by single steps."""
        self._stepwise[count] = catalog

    def note_one_call(self, count: int, catalog: Catalog) -> None:
        """Compare the catalog after ``count`` revisions in one call with that of single steps, where it is known."""
        known = self._stepwise.get(count)
        differences = self.compared(known, catalog) if known is not None else []
        if differences:
            self._differing[count] = differences

    def compared(self, before: Catalog, after: Catalog) -> list[Difference]:
        """As ``diff``, but for what no two upgrades make the same."""
        return [] if before == after else self.unstable.without(diff(before, after))

    def _catalog_of(self, build: Callable[[int], Database], count: int) -> Catalog:
        self._make_room()
        station = Station(build(count), self.version_table)
        station.close()
        return station.catalog

    def _at_head(self) -> Station:
        if self._head is None:
            database = self.empty_database()
            with dropped_on_error(database):
                self._one_call = self.upgrade_to_heads(database)
            if self._one_call.error is not None:
                database.drop()
                database = self._states.step_by_step(len(self.revisions))
            self._head = Station(database, self.version_table)
            self._one_call_catalog = self._head.catalog
        return self._head

    def _climb_surely(self, index: int) -> Stairs:
        station = self._arrive(index)
        stairs = self._climb(station, index)
        if not stairs.clean and not stairs.refused and not station.pure:  # rows that a downgrade forgot may be to blame
            self._leave_station()
            station = self._arrive(index)
            stairs = self._climb(station, index)
        if stairs.at_top:
            assert stairs.first is not None  # noqa: S101 (at_top)
            station.catalog, station.pure = stairs.first, False
            self._station = (index + 1, station)
        else:
            self._leave_station()
        return stairs

    def _arrive(self, index: int) -> Station:
        """The climbing database in the state before the revision at ``index``."""
        if self._station is None or self._station[0] != index:
            self._leave_station()
            self._station = (index, self.station(index))
            self.note_one_call(index, self._station[1].catalog)
        return self._station[1]

    def _leave_station(self) -> None:
        station, self._station = self._station, None
        if station is not None:
            station[1].close()

    def _climb(self, station: Station, index: int) -> Stairs:
        script, revision = self.chain.script, self.revisions[index]
        heads, before = station.heads(), station.catalog

        def upgrade() -> Run:
            run = self.environment.upgrade(script, station.database, [revision])
            return self.checked(run)

        up = upgrade()
        if up.error is not None:
            return Stairs(revision.revision, before, up)
        first, recorded = station.read(before), revision.revision in station.heads()
        self._stepwise = {index + 1: first}
        if not recorded:
            return Stairs(revision.revision, before, up, first)
        down = self.checked(self.environment.downgrade(script, station.database, revision))
        after = station.read(first)
        if down.error is not None:
            return Stairs(revision.revision, before, up, first, recorded, down, after)
        unrecorded = station.heads() == heads
        again = upgrade()
        second = station.read(after) if again.error is None else None
        return Stairs(revision.revision, before, up, first, recorded, down, after, unrecorded, again, second)

    def checked(self, run: Run) -> Run:
        """``run``; raises where what happened in it says nothing about the revisions.

        Raises:
            SharedRoleError: when it may have tripped over a role because of another database.
            SubjectError, PostgresError: as ``states.check`` does, or when the server lacks a role.
        """
        for revision, statements in run.roles.items():
            if statements:
                self.role_statements.setdefault(revision, []).extend(statements)
        check(self.environment, run)
        if not self._alone:
            self.roles.check(run, self.texts, sources(self.subject.project))
        require_roles(self.server, run, self.texts)
        return run

    def _make_room(self) -> None:
        """Where revisions make roles: have no other database with revisions when one is built from the base."""
        if self._alone:
            self.close()
            self._drop_roles()

    def leave(self) -> None:
        """Drop every database of this history, and the roles that the revisions made."""
        self.close()
        self._drop_roles()

    def _drop_roles(self) -> None:
        self.roles.drop(itertools.chain(self.texts, sources(self.subject.project)))


@contextmanager
def open_history(
    subject: Subject, server: Server, *, alone: bool = False, footing: Footing | None = None
) -> Iterator[History]:
    """The history of ``subject`` on ``server``; at the end nothing of it is left there.

    For ``alone`` see ``States``. Who opens several, one after the other or in several processes, gives each the same
    ``footing``.

    Raises:
        SubjectError: when env.py or the project can't be examined.
    """
    with Environment(subject, server, footing.standin if footing else None) as environment:
        script = script_directory(environment.config, environment.surroundings)
        with server.create() as database:
            proved = _prove(database)
            facts = probe(environment, script, database)
        chain = chained(script, facts.revisions)
        history = History(environment, chain, facts, alone=alone, roles=footing.roles if footing else None)
        history.noise = proved
        try:
            history.roles.provide(subject.roles)
            yield history
        finally:
            history.close()
            history.roles.withdraw()


def _prove(database: Database) -> tuple[noise.Noise, ...]:
    """What the server of the empty ``database`` makes different between two that are made alike."""

    @contextmanager
    def another() -> Iterator[psycopg.Connection[Any]]:
        with database.server.create() as other, psycopg.connect(other.dsn, autocommit=True) as connection:
            yield connection

    with psycopg.connect(database.dsn, autocommit=True) as connection:
        return noise.prove(connection, another)


def migrate(subject: Subject, server: Server) -> Database:
    """A database on ``server`` in which all revisions of ``subject`` were applied, the caller's to drop.

    Raises:
        SubjectError: when that fails.
    """
    with open_history(subject, server) as history:
        if history.chain.defects:
            raise SubjectError(history.chain.defects[0].message, remedy="Run schemaproof verify: it tells them all.")
        database = server.create()
        run = history.upgrade_to_heads(database)
        if run.error is not None:
            database.drop()
            raise SubjectError(f"The upgrade fails at {run.revision}.", evidence=run.told, remedy="Mend the revision.")
        return database
