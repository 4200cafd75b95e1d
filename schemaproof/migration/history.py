"""The subject's history on one server: each revision's stairway, and databases in any state of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from time import perf_counter
from typing import Any, Self

import psycopg
from alembic.util import CommandError

from schemaproof.budget import LeftOut
from schemaproof.catalog import Catalog, Difference, noise
from schemaproof.migration.climbing import Climbing
from schemaproof.migration.coming_down import ComingDown
from schemaproof.migration.databases import Databases
from schemaproof.migration.deployments import deployment, resolved
from schemaproof.migration.environment import Environment
from schemaproof.migration.footing import Footing
from schemaproof.migration.moments import Moments
from schemaproof.migration.one_call import OneCall
from schemaproof.migration.prepared import prepare
from schemaproof.migration.probe import Facts, probe
from schemaproof.migration.revisions import Chain, chained, script_directory
from schemaproof.migration.roles import Roles
from schemaproof.migration.stairway import Stairs
from schemaproof.migration.states import dropped_on_error
from schemaproof.postgres import Database, Server
from schemaproof.project.subject import Subject, SubjectError


class History(Databases):
    """The revisions of one subject and what they do; made by :func:`open_history`.

    Attributes:
        noise: what the server makes different by itself, and is compared nowhere.
        in_one_call: one call of all revisions, beside single steps.
        told: called with what takes long inside of a check.
        began: when this process has opened it, by ``perf_counter``.
        ahead: how many parts of the work that takes long this process has still to do, the present one among them.
        left_out: what was not done since the budget was spent, by revision or check.
        asked: the ids of the revisions that are asked about; None for all. What is true of the others is not looked for
            where that takes long.
        together: the ids of the revisions that one deployment brings: those that are new since a release.
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
        super().__init__(environment, chain, facts, alone=alone, roles=roles)
        self.noise: tuple[noise.Noise, ...] = ()
        self.in_one_call = OneCall(self, self.look_again)
        self._climbing = Climbing(self, self.in_one_call)
        self._kept: dict[Callable[..., Any], Any] = {}
        self.told: Callable[[str], None] = lambda _: None
        self.asked: frozenset[str] | None = None
        self.began = perf_counter()
        self.ahead = 1
        self.left_out: dict[str, LeftOut] = {}
        self.together: frozenset[str] = frozenset()

    @property
    def asked_indexes(self) -> tuple[int, ...]:
        """The places of the revisions that are asked about, in the order in which they are applied."""
        asked = self.positions if self.asked is None else self.asked
        return tuple(index for index, script in enumerate(self.revisions) if script.revision in asked)

    def is_first(self, revision: str) -> bool:
        """Whether ``revision`` is the first that is asked about, which tells what is to be said once."""
        return self.positions[revision] == self.asked_indexes[0]

    def deployment(self, index: int) -> range:
        """The places of the revisions that are deployed together with the one at ``index``.

        Raises:
            SubjectError: where the project names a release that is no revision.
        """
        order = [script.revision for script in self.revisions]
        return deployment(order, index, releases=self._releases, together=self.together)

    @cached_property
    def _releases(self) -> frozenset[str]:
        """The last revision of each release that the project names."""
        return frozenset(resolved(self.chain.script, name) for name in self.subject.releases)

    @property
    def unstable(self) -> Moments:
        """What no two upgrades make the same, which a check tells."""
        return self.in_one_call.unstable

    def compared(self, before: Catalog, after: Catalog) -> list[Difference]:
        """As ``diff``, but for what no two upgrades make the same."""
        return self.in_one_call.compared(before, after)

    def stairs(self, revision: str) -> Stairs:
        """The stairway of ``revision``.

        Raises:
            UpgradeFailedError: when a revision below it can't be applied.
            SubjectError, PostgresError: when nothing can be said of the revision.
        """
        return self._climbing.stairs(self.positions[revision])

    def fixed_at_the_time(self, revision: str) -> list[Difference]:
        """How the second upgrade's catalog differs from the first one's because each upgrade makes it anew."""
        return self._climbing.fixed_at_the_time(self.positions[revision])

    def coming_down(self, index: int) -> ComingDown:
        """What is wrong with the downgrade of the revision at ``index``, also long after its stairway."""
        return self._climbing.coming_down(index)

    def note_coming_down(self, revision: str, down: ComingDown) -> None:
        """Take over from another process what it found out of ``revision``."""
        self._climbing.note_coming_down(self.positions[revision], down)

    def knows(self, revision: str) -> bool:
        """Whether ``revision`` is the one whose stairway was climbed last."""
        return self._climbing.knows(revision)

    def catalog_at(self, index: int) -> Catalog:
        """The catalog before the revision at ``index``, whose stairway is then the next to climb."""
        return self._climbing.catalog_at(index)

    def kept[T](self, make: Callable[[Self], T]) -> T:
        """What ``make`` returned when it was first called with this history: what a proof's checks share.

        What holds databases has a ``close``, which drops them with those of this history, and makes them anew where it
        is asked again. The rest is a conclusion, which ``look_again`` forgets.
        """
        if make not in self._kept:
            self._kept[make] = make(self)
        return self._kept[make]  # type: ignore[no-any-return]  # what ``make`` returned

    def share(self) -> float | None:
        """Until when the part of the work that is under way may go on, by ``time.monotonic``; None for no limit."""
        budget = self.subject.budget
        return None if budget is None else budget.share(self.ahead)

    def note_left_out(self, left_out: Mapping[str, LeftOut]) -> None:
        """Take over from another process what the budget did not allow for."""
        for about, one in left_out.items():
            mine = self.left_out.get(about)
            self.left_out[about] = one if mine is None else LeftOut(mine.count + one.count, mine.of + one.of, one.what)

    def look_again(self) -> None:
        """Forget what was concluded: it did not know what is ``unstable``, or that one call leads elsewhere."""
        self._kept = {make: one for make, one in self._kept.items() if hasattr(one, "close")}

    def abandon(self) -> None:
        """Leave the databases that climb: an error has left them in whatever state. The next ones are built anew."""
        left = (one.leave for one in self._kept.values() if hasattr(one, "leave"))
        for leave in (self._climbing.close, *left):
            with suppress(Exception):  # the run's end drops what this can't
                leave()
        self._climbing.forget()

    def close(self) -> None:
        """Drop every database of this history, those of the proofs included."""
        for one in self._kept.values():
            if hasattr(one, "close"):
                one.close()
        self._climbing.close()
        super().close()


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
    with (
        _provided(subject, server, footing) as roles,  # which what is prepared may name
        Environment(subject, server, footing.standin if footing else None) as environment,
    ):
        script = script_directory(environment.config, environment.surroundings)
        proved = prove_server(server)
        database = environment.empty_database()
        with dropped_on_error(database):
            facts = probe(environment, script, database)
        history = History(environment, chained(script, facts.revisions), facts, alone=alone, roles=roles.before)
        history.noise = proved
        history.take(database)
        try:
            yield history
        finally:
            history.close()


@contextmanager
def _provided(subject: Subject, server: Server, footing: Footing | None) -> Iterator[Roles]:
    """The roles of ``server``, those that ``subject`` names among them, which are dropped at the end."""
    roles = Roles(server, footing.roles if footing else None)
    try:
        roles.provide(subject.roles)
        yield roles
    finally:
        roles.withdraw()


def prove_server(server: Server) -> tuple[noise.Noise, ...]:
    """What ``server`` makes different between two databases that are made alike."""

    @contextmanager
    def another() -> Iterator[psycopg.Connection[Any]]:
        with server.create() as database, psycopg.connect(database.dsn, autocommit=True) as connection:
            yield connection

    known = noise.proved(server.build)
    if known is not None:
        return known
    with another() as connection:
        return noise.prove(connection, another)


def migrate(subject: Subject, server: Server) -> Database:
    """A database on ``server`` in which all revisions of ``subject`` were applied, the caller's to drop.

    Raises:
        SubjectError: when that fails.
    """
    with open_history(subject, server) as history:
        database = history.empty_database()
        with dropped_on_error(database):
            _upgrade(history, database, "heads")
        return database


def migrate_in_place(subject: Subject, database: Database, revision: str) -> None:
    """Apply the revisions of ``subject`` up to ``revision`` in ``database``, which is new: what Alembic takes for one.

    Raises:
        SubjectError: when that fails.
    """
    with open_history(subject, database.server) as history:
        prepare(database, subject.prepare_sql)
        _upgrade(history, database, revision)


def _upgrade(history: History, database: Database, revision: str) -> None:
    if history.chain.defects:
        defect = history.chain.defects[0]
        raise SubjectError(
            defect.message, evidence=defect.evidence, remedy="Run `schemaproof verify`: it lists all such defects."
        )
    try:
        history.chain.script.get_revisions(revision)
    except CommandError as error:
        remedy = "Name a revision of the project: `alembic history` lists them."
        raise SubjectError(f"{error}.", remedy=remedy) from error
    run = history.at_base(database) if revision == "base" else history.upgrade_to(database, revision)
    if run.error is not None:
        raise SubjectError(
            f"`alembic upgrade {revision}` fails at {run.revision}.",
            evidence=run.told,
            remedy=f"Fix the error above in {run.revision}; `schemaproof verify` checks every revision.",
        )
