"""Databases in the state after the first k revisions, and the one at head, which one call has migrated."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from alembic.runtime.migration import MigrationContext

from schemaproof.catalog import Catalog
from schemaproof.migration.environment import Environment, Run
from schemaproof.migration.probe import Facts
from schemaproof.migration.revisions import Chain
from schemaproof.migration.runs import Runs
from schemaproof.migration.stairway import Station
from schemaproof.migration.states import States, dropped_on_error
from schemaproof.postgres import Database, Template


class Databases(Runs):
    """The databases of one history, which ``close`` drops.

    Attributes:
        spent: called with the time, by ``perf_counter``, since which a database was built that several checks use.
    """

    def __init__(
        self, environment: Environment, chain: Chain, facts: Facts, *, alone: bool, roles: Iterable[str] | None
    ) -> None:
        super().__init__(environment, chain, facts, alone=alone, roles=roles)
        self._states = States(environment, chain, self.checked, alone=self.alone)
        self._head: Station | None = None
        self._base_catalog: Catalog | None = None
        self._one_call: Run | None = None
        self._one_call_catalog: Catalog | None = None
        self.spent: Callable[[float], None] = lambda _: None

    def take(self, probed: Database) -> None:
        """Take over the empty database on which env.py was probed; it is at base where that took one run."""
        if self.facts.once:
            self._states.at_base = probed
        else:
            probed.drop()

    def build(self, count: int) -> Database:
        """A database with the first ``count`` revisions, the caller's to drop. See :meth:`States.build`."""
        with self._shared():
            return self._built(count)

    def lend(self, count: int) -> dict[int, Template]:
        """By their number of revisions, templates for other processes, one of ``count`` among them; see ``States``.

        None of them where revisions make roles, since only one database may have them then.
        """
        if self.alone:
            return {}
        with self._shared():
            return self._states.lend(count)

    def borrow(self, templates: Mapping[int, Template]) -> None:
        """Build from ``templates`` as well, which another process has lent."""
        self._states.borrow(templates)

    @contextmanager
    def _shared(self) -> Iterator[None]:
        """What is done here serves several checks: tell when it began."""
        begin = perf_counter()
        try:
            yield
        finally:
            self.spent(begin)

    def _built(self, count: int) -> Database:
        if count == len(self.revisions) and not self.alone:
            with self._at_head().lent() as head:
                return self.server.clone(Template(head.name))
        self._make_room()
        return self._states.build(count)

    def empty_database(self) -> Database:
        """An empty database on which the revisions can be run, the caller's to drop."""
        self._make_room()
        return self.new_database()

    def station(self, count: int) -> Station:
        """As ``build``, with the harness' connection and the catalog; the caller's to close."""
        known = self._at_head().catalog if count == len(self.revisions) and not self.alone else None  # it is a copy
        station = Station(self.build(count), self.version_table, known)
        if not count:
            self._base_catalog = station.catalog
        return station

    @property
    def base_catalog(self) -> Catalog:
        """The catalog of a database on which env.py has run without a revision (it may create a schema)."""
        if self._base_catalog is None:
            self.station(0).close()
        assert self._base_catalog is not None  # noqa: S101 (it was just read)
        return self._base_catalog

    def note_base(self, catalog: Catalog) -> None:
        """Take over ``base_catalog`` from another process."""
        self._base_catalog = catalog

    def catalog_in_one_call(self, count: int) -> Catalog:
        """The catalog after the first ``count`` revisions in as few calls as work."""
        return self._catalog_of(self._states.build, count)

    def catalog_by_steps(self, count: int) -> Catalog:
        """The catalog after the first ``count`` revisions, a call for each."""
        return self._catalog_of(self._states.step_by_step, count)

    def head_catalog(self) -> Catalog:
        """The catalog of the migrated database: all revisions in one call, unless that leads elsewhere."""
        return self._at_head().catalog

    @property
    def head_name(self) -> str:
        """The name of the migrated database."""
        return self._at_head().database.name

    @contextmanager
    def head_copy(self) -> Iterator[Database]:
        """A copy of the migrated database, dropped at the end."""
        with self._at_head().lent() as database, self.server.clone(Template(database.name)) as copy:
            yield copy

    def head_by_steps(self) -> None:
        """Let the migrated database be one in which a call for each revision was made."""
        if self._head is not None:
            self._head.close()
        self._head = Station(self._states.step_by_step(len(self.revisions)), self.version_table)

    def one_call(self) -> Run | None:
        """The run of `alembic upgrade heads` on an empty database."""
        self._at_head()
        return self._one_call

    def one_call_catalog(self) -> Catalog:
        """The catalog after `alembic upgrade heads` on an empty database; after single steps, where that fails."""
        head = self._at_head().catalog
        return self._one_call_catalog or head

    def in_environment[T](self, work: Callable[[MigrationContext], T]) -> T:
        """What ``work`` returns inside a run of env.py on a copy of the migrated database; no migration is run."""
        results: list[T] = []

        def inside(_heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
            results.append(work(context))
            return []

        with self.head_copy() as database:
            run = self._run(database, inside, "heads")
        if run.error is not None:
            raise run.error
        return results[0]

    def close(self) -> None:
        """Drop every database of this history."""
        if self._head is not None:
            self._head.close()
            self._head = None
        self._states.close()
        self.environment.forget_prepared()

    def leave(self) -> None:
        """Drop every database of this history, and the roles that the revisions made."""
        self.close()
        self.drop_roles()

    def _catalog_of(self, build: Callable[[int], Database], count: int) -> Catalog:
        self._make_room()
        station = Station(build(count), self.version_table)
        station.close()
        return station.catalog

    def _at_head(self) -> Station:
        if self._head is None:
            with self._shared():
                self._head = self._migrated()
            self._one_call_catalog = self._head.catalog
        return self._head

    def _migrated(self) -> Station:
        database = self.empty_database()
        with dropped_on_error(database):
            self._one_call = self.upgrade_to_heads(database)
        if self._one_call.error is not None:
            database.drop()
            database = self._states.step_by_step(len(self.revisions))
        return Station(database, self.version_table)

    def _make_room(self) -> None:
        """Where revisions make roles: have no other database with revisions when one is built from the base."""
        if self.alone:
            self.leave()
