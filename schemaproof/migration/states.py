"""Databases in the state after the first k revisions, each built by env.py from the nearest lower one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from alembic.script import Script

from schemaproof.migration.environment import Environment, Run
from schemaproof.migration.extensions import require_extension
from schemaproof.migration.probe import refuse
from schemaproof.migration.revisions import Chain
from schemaproof.postgres import Database, Template

# A state is kept as a template where building it took more steps than this: cloning costs about as much as three.
_WORTH_KEEPING = 8  # revisions
_KEPT = 4  # templates at a time: what they hold is bounded, however long the history


class UpgradeFailedError(Exception):
    """A revision can't be reached: its upgrade, or one below it, fails.

    Attributes:
        index: of the revision that fails.
        run: the run in which it did.
    """

    def __init__(self, index: int, run: Run) -> None:
        super().__init__(index, run)
        self.index = index
        self.run = run


class States:
    """Databases of one history by their number of revisions; no two callers are given the same database.

    Args:
        checked: is handed each run and returns it, or raises as ``check`` does.
        alone: whether only one database may hold revisions at a time, since they make roles, which belong to the whole
            server; the caller has dropped what it had.

    Attributes:
        at_base: a database in which env.py has run without a revision, for the first who asks for one; None for none.
    """

    def __init__(
        self, environment: Environment, chain: Chain, checked: Callable[[Run], Run], *, alone: bool = False
    ) -> None:
        self._environment = environment
        self._chain = chain
        self._checked = checked
        self._alone = alone
        self.at_base: Database | None = None
        self._templates: dict[int, Template] = {}
        self._lent: dict[int, Template] = {}  # for good, also to other processes
        self._borrowed: dict[int, Template] = {}  # from another process, which drops them

    def build(self, count: int) -> Database:
        """A database in which the first ``count`` revisions were applied, in one call where that works.

        Raises:
            UpgradeFailedError: where one of them fails by itself too.
        """
        if not count and self.at_base is not None:
            database, self.at_base = self.at_base, None
            return database
        start = max((kept for kept in self._known if kept <= count), default=0)
        database = self._clone(start)
        revisions = self._chain.revisions[start:count]
        if self._advance(database, revisions).error is not None:
            database.drop()
            database = self.step_by_step(count, start)
        if count - start > _WORTH_KEEPING and not self._alone:
            self.keep(count, database)
        return database

    def keep(self, count: int, database: Database) -> None:
        """Keep a copy of ``database`` to build later ones from; the one that was kept longest goes for it."""
        copy = database.server.clone(Template(database.name))
        database.server.close_off(copy.name)
        self._templates[count] = Template(copy.name)
        if len(self._templates) > _KEPT:
            oldest = next(iter(self._templates))
            database.server.drop(self._templates.pop(oldest).name)

    def lend(self, count: int) -> dict[int, Template]:
        """A template of the first ``count`` revisions that is kept until ``close``, for other processes too.

        Raises:
            UpgradeFailedError: as ``build``.
        """
        if count not in self._lent:
            database = self.build(count)
            database.server.close_off(database.name)
            self._lent[count] = Template(database.name)
        return dict(self._lent)

    def borrow(self, templates: Mapping[int, Template]) -> None:
        """Build from ``templates`` as well, which another process has lent."""
        self._borrowed |= templates

    @property
    def _known(self) -> dict[int, Template]:
        return self._borrowed | self._lent | self._templates

    def close(self) -> None:
        """Drop the templates, and the database at base."""
        if self.at_base is not None:
            self.at_base.drop()
            self.at_base = None
        for template in (*self._templates.values(), *self._lent.values()):
            self._environment.server.drop(template.name)
        self._templates.clear()
        self._lent.clear()

    def _clone(self, count: int) -> Database:
        if (template := self._known.get(count)) is None:
            return self._environment.empty_database()
        return self._environment.server.clone(template)

    def _advance(self, database: Database, revisions: Sequence[Script]) -> Run:
        with dropped_on_error(database):
            return self._checked(self._environment.upgrade(self._chain.script, database, revisions))

    def step_by_step(self, count: int, start: int = 0) -> Database:
        """As ``build``, a call for each revision: one uses, say, an enum value that another added."""
        database = self._clone(start)
        for index in range(start, count):
            run = self._advance(database, self._chain.revisions[index : index + 1])
            if run.error is not None:
                database.drop()
                raise UpgradeFailedError(index, run)
        return database


@contextmanager
def dropped_on_error(database: Database) -> Iterator[None]:
    """Drop ``database`` where what is done in it raises: nobody else will, and it may keep a role in use."""
    try:
        yield
    except BaseException:
        database.drop()
        raise


def check(environment: Environment, run: Run) -> None:
    """Raise where what happened in ``run`` says nothing about the revisions.

    Raises:
        SubjectError: when env.py connected elsewhere, or the server lacks an extension.
        PostgresError: when the server is lost.
    """
    if run.error is None:
        return
    environment.server.require()  # where it is lost, that is why
    if run.redirection.elsewhere or not run.called:
        refuse(environment, run)
    require_extension(environment.server, run.error)
