"""A database that climbs along with a few ordinary rows in each table, as production's does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg

from schemaproof.migration.environment import Direction, Run
from schemaproof.migration.own_rows import OwnRows, a_few
from schemaproof.migration.redirect import Observer
from schemaproof.migration.states import dropped_on_error
from schemaproof.postgres import Database, Template
from schemaproof.rows import fill

if TYPE_CHECKING:
    from schemaproof.migration.history import History


@dataclass(frozen=True)
class Populated:
    """A database between two revisions, with rows; what is done in it itself is rolled back.

    Attributes:
        database: that database, the statistics of its rows not gathered.
        refused: the tables that hold none, each as "schema.table", with the reason.
    """

    database: Database
    refused: Mapping[str, str] = field(default_factory=dict)

    def clone(self) -> Database:
        """A copy, the caller's to drop."""
        return self.database.server.clone(Template(self.database.name))


class PopulatedStates:
    """The states between the revisions of ``history``, with rows in them, for the proofs that run revisions on rows.

    Rows that were made for an early revision go through all later ones; tables that are empty get some after each. Two
    neighbouring states are kept, so who climbs in order pays one run of env.py and one clone a revision.
    """

    def __init__(self, history: "History") -> None:
        self._history = history
        self._kept: dict[int, Populated] = {}  # by the number of its revisions
        self._failed: dict[int, Run] = {}  # by the place of the revision

    def at(self, count: int) -> Populated:
        """The state after the first ``count`` revisions.

        Where the upgrade to it fails on the rows of the one below, the rows are made anew.

        Raises:
            UpgradeFailedError: where one of them can't be applied to empty tables either.
            SubjectError, PostgresError: when nothing can be said of one.
        """
        if count not in self._kept:
            self._hold(count, self._from_below(count) or self._history.build(count))
        return self._kept[count]

    def knows(self, count: int) -> bool:
        """Whether that state is kept, so that ``at`` runs nothing."""
        return count in self._kept

    def take(self, index: int, database: Database, run: Run) -> None:
        """Take over a clone of ``at(index)`` in which ``run`` has applied the revision there, for ``at(index + 1)``.

        It is dropped where the run has failed, which ``failed`` tells.
        """
        if self._led_up(index, database, run):
            self._hold(index + 1, database)

    def failed(self, index: int) -> Run | None:
        """The run in which the upgrade of the revision at ``index`` failed on rows, if it did; ``at`` has met it."""
        return self._failed.get(index)

    def run(
        self,
        database: Database,
        index: int,
        direction: Direction = "upgrade",
        observer: Observer | None = None,
        *,
        revisions: int = 1,
    ) -> Run:
        """The revision at ``index`` applied to ``database``, or taken back; who leaves a session open loses it.

        An upgrade may apply several ``revisions`` in one call.
        """
        history, revision = self._history, self._history.revisions[index]
        environment, script = history.environment, history.chain.script
        with dropped_on_error(database):
            if direction == "upgrade":
                run = environment.upgrade(script, database, history.revisions[index : index + revisions], observer)
            else:
                run = environment.downgrade(script, database, revision, observer)
            if run.redirection.open > 0:
                history.server.end_sessions(database.name)
            return history.checked(run)

    def close(self) -> None:
        """Drop the databases."""
        for one in self._kept.values():
            one.database.drop()
        self._kept.clear()

    leave = close  # an error has left them in whatever state

    def _from_below(self, count: int) -> Database | None:
        below = self._kept.get(count - 1)
        if below is None:
            return None
        database = below.clone()
        return database if self._led_up(count - 1, database, self.run(database, count - 1)) else None

    def _led_up(self, index: int, database: Database, run: Run) -> bool:
        """Whether ``run`` of the revision at ``index`` was one that leads up; else ``database`` is dropped."""
        if run.error is None:
            self._failed.pop(index, None)  # it may have failed before an error elsewhere let all be built anew
            return True
        database.drop()
        self._failed[index] = run
        return False

    def _fill(self, database: Database) -> Mapping[str, str]:
        with psycopg.connect(database.dsn, autocommit=True, application_name="schemaproof") as connection:
            rows = self._history.kept(OwnRows).within(a_few)
            return fill(connection, leave=[self._history.version_table], rows=rows).refused

    def _hold(self, count: int, database: Database) -> None:
        """Fill ``database``, and keep it and its neighbours."""
        with dropped_on_error(database):
            refused = self._fill(database)
        for other in [one for one in self._kept if one not in {count - 1, count + 1}]:
            self._kept.pop(other).database.drop()
        self._kept[count] = Populated(database, refused)
