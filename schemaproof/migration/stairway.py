"""One revision up, down and up again, with the catalog read in between: what every downgrade check judges."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from schemaproof.catalog import Catalog, Difference, Identity, diff
from schemaproof.catalog.not_null import but_for_not_null_names
from schemaproof.migration.environment import Run, sqlstate
from schemaproof.migration.grants import Grants, Ledger
from schemaproof.migration.moments import Moments
from schemaproof.postgres import Database

_HOLDING_ROWS = {"table", "materialized view"}


@dataclass(frozen=True)
class Stairs:
    """What happened to one revision; what comes after a failure is None.

    Attributes:
        revision: its id.
        before: the catalog without it.
        up: its upgrade.
        first: the catalog after that; None where it failed.
        recorded: whether the version table names the revision then.
        down: its downgrade.
        after: the catalog after that, also where it failed.
        unrecorded: whether the version table is as it was before the upgrade.
        again: its second upgrade; None where the downgrade failed.
        second: the catalog after that.
        grants: what becomes of privileges.
        moments: what is another after each upgrade, so that a downgrade that makes it again can't make the same.
    """

    revision: str
    before: Catalog
    up: Run
    first: Catalog | None = None
    recorded: bool = False
    down: Run | None = None
    after: Catalog | None = None
    unrecorded: bool = False
    again: Run | None = None
    second: Catalog | None = None
    grants: Grants = field(default_factory=Grants)
    moments: Moments = field(default_factory=Moments)

    @property
    def left(self) -> list[Difference]:
        """How the catalog after the downgrade differs from the one before the upgrade."""
        if self.after is None or not self.ran_down:
            return []
        found = but_for_not_null_names(diff(self.before, self.after), self.before, self.after)
        return self.moments.without(found)

    @property
    def ran_down(self) -> bool:
        """Whether the downgrade came to its end."""
        return self.down is not None and self.down.error is None

    @property
    def changed(self) -> list[Difference]:
        """What the upgrade changed."""
        return diff(self.before, self.first) if self.first is not None else []

    @property
    def refused(self) -> bool:
        """Whether the downgrade did nothing but raise an error that is none of the database's."""
        return self.undone and self.down is not None and self.down.hang is None and sqlstate(self.down.error) is None

    @property
    def undone(self) -> bool:
        """Whether a downgrade that failed left everything as it was."""
        return self.down is not None and self.down.error is not None and self.after == self.first

    @property
    def differs(self) -> list[Difference]:
        """How the second upgrade's catalog differs from the first one's."""
        if self.first is None or self.second is None:
            return []
        return but_for_not_null_names(diff(self.first, self.second), self.first, self.second)

    @property
    def clean(self) -> bool:
        """Whether nothing happened that a check could object to."""
        return bool(
            self.recorded
            and self.unrecorded
            and self.again is not None
            and self.again.error is None
            and self.before == self.after
            and self.first == self.second
            and not (self.grants.lost or self.grants.unrestored)
        )

    @property
    def at_top(self) -> bool:
        """Whether the database is left in the state with the revision; no catalog tells what a downgrade took away."""
        same = self.second is not None and self.first == self.second and not self.grants.unrestored
        return self.undone or same


class Station:
    """A database, and a connection of the harness to it, in the state before one revision.

    Args:
        catalog: its catalog, where it is known, as that of a copy is; it is read otherwise.

    Attributes:
        catalog: what was read of it last.
        pure: whether nothing was ever taken back in it: rows that a downgrade forgot can't disturb what follows.
        ledger: the privileges in it.
    """

    def __init__(self, database: Database, version_table: tuple[str, str], catalog: Catalog | None = None) -> None:
        self.database = database
        self.pure = True
        self.ledger = Ledger(lambda: self._connection)
        self._version_table = version_table
        self._open: psycopg.Connection[tuple[Any, ...]] | None = None
        if catalog is None:
            catalog = Catalog.read(self._connection, version_table=self._version_table)
        self.catalog = catalog

    @property
    def _connection(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._open is None or self._open.closed:
            # By this name the sessions of the harness are told from the subject's.
            self._open = psycopg.connect(self.database.dsn, autocommit=True, application_name="schemaproof")
        return self._open

    def read(self, since: Catalog) -> Catalog:
        """The database's catalog, read anew as far as it changed ``since`` an earlier reading."""
        return since.refresh(self._connection)

    def heads(self) -> set[str]:
        """The revisions that the version table records; none where there is no such table."""
        name = sql.Identifier(*self._version_table)
        try:
            rows = self._connection.execute(sql.SQL("SELECT version_num FROM {}").format(name)).fetchall()
        except psycopg.errors.UndefinedTable:
            return set()
        return {revision for (revision,) in rows}

    def rows(self) -> dict[Identity, tuple[int, int]]:
        """How many rows each table holds, and a hash of them in whatever order."""
        tables = [one for one in self.catalog.objects if one.kind in _HOLDING_ROWS]
        query = sql.SQL("SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM ONLY {} t")
        with self._connection.pipeline():
            cursors = [self._connection.execute(query.format(sql.Identifier(one.schema, one.name))) for one in tables]
        return {one: cursor.fetchone() or (0, 0) for one, cursor in zip(tables, cursors, strict=True)}

    @contextmanager
    def lent(self) -> Iterator[Database]:
        """The database without a connection of the harness, as it must be to be cloned."""
        self._close_connection()
        yield self.database

    def close(self) -> None:
        """Drop the database."""
        self._close_connection()
        self.database.drop()

    def _close_connection(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None
