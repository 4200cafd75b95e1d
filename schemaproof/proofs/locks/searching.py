"""The first lock of a history that is waited for without end, looked for in as few runs as work."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from schemaproof.migration.backends import in_transaction
from schemaproof.migration.redirect import Redirection
from schemaproof.proofs.locks.relations import STRONG, Relation, locked

_READING = f"""
SELECT pg_catalog.json_build_object(
    'unbounded', pg_catalog.current_setting('lock_timeout') = '0',
    'locks', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(c.oid::int8, n.nspname, c.relname, c.relkind,
            l.mode))
        FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted AND c.relkind IN ('r', 'p')
            AND c.oid >= 16384 AND n.nspname <> 'pg_toast'
            AND l.mode IN ({", ".join(f"'{mode}'" for mode in sorted(STRONG))})),
    'tables', (SELECT pg_catalog.json_agg(c.oid::int8) FROM pg_catalog.pg_class c
        WHERE c.relkind IN ('r', 'p') AND c.oid >= 16384)
)::text
"""  # noqa: S608 (no input)


@dataclass(frozen=True)
class Unbounded:
    """A lock that is waited for without end.

    Attributes:
        revision: whose statement takes it.
        statement: that.
        table: the table.
        mode: the lock's, in words.
    """

    revision: str
    statement: str
    table: Relation
    mode: str

    @property
    def beside(self) -> str:
        """The mode of those who wait for it and not for each other: readers, or else writers."""
        return "ACCESS SHARE" if self.mode == "ACCESS EXCLUSIVE" else "ROW EXCLUSIVE"

    @property
    def uses(self) -> str:
        """What they do with the table."""
        return "reads" if self.mode == "ACCESS EXCLUSIVE" else "writes to"


class FoundError(Exception):
    """What was looked for is found: the rest of the run is not needed."""


class Search:
    """An observer of many revisions in one run, which it ends at the first such lock.

    Attributes:
        found: that lock.
        bounded: whether env.py sets a lock_timeout.
    """

    def __init__(self, version_table: tuple[str, str]) -> None:
        self.found: Unbounded | None = None
        self.bounded = False
        self._version_table = version_table
        self._redirection: Redirection | None = None
        self._revision: str | None = None  # the one whose statement was the last
        self._tables: set[int] = set()  # after the last statement
        self._older: set[int] = set()  # before that revision's first one

    def begin(self, redirection: Redirection) -> None:
        """See ``Observer``."""
        self._redirection = redirection

    def before(self, connection: Connection, cursor: Any, statement: str) -> None:
        """See ``Observer``."""

    def after(self, connection: Connection, cursor: Any, statement: str) -> None:  # noqa: ARG002 (Observer's)
        """Look at what it has locked.

        Raises:
            FoundError: once, when it is found.
        """
        about = self._redirection
        if self.found or about is None or not in_transaction(connection):
            return
        first = about.revision != self._revision
        if first:
            self._revision, self._older = about.revision, set(self._tables)
        read = _read(connection)
        if read is None:
            return
        # A revision may set one for itself, but env.py's is in force before.
        if first and about.watched and not read["unbounded"] and "lock_timeout" not in statement.lower():
            self.bounded = True
        self._tables = set(read["tables"] or ())
        if read["unbounded"] and about.watched and about.revision is not None:
            self._look(about.revision, statement, read["locks"] or ())
        if self.found:
            raise FoundError

    def commit(self, connection: Connection, commit: Callable[[], None]) -> None:  # noqa: ARG002 (Observer's)
        """See ``Observer``."""
        commit()

    def _look(self, revision: str, statement: str, locks: Any) -> None:
        relations: dict[int, Relation] = {}
        held: dict[int, frozenset[str]] = {}
        for oid, schema, name, kind, mode in locks:
            if oid in self._older and (schema, name) != self._version_table:
                relations[oid] = Relation(oid, schema, name, kind, oid, (schema, name))
                held[oid] = held.get(oid, frozenset()) | {mode}
        for oid, mode in locked(held, relations).items():
            self.found = Unbounded(revision, statement, relations[oid], mode)
            return


def _read(connection: Connection) -> dict[str, Any] | None:
    cursor = connection.connection.cursor()
    try:
        cursor.execute(_READING)
        row = cursor.fetchone()
    except connection.dialect.loaded_dbapi.Error:
        return None  # the transaction was aborted
    finally:
        cursor.close()
    return dict(json.loads(row[0] if row else "{}"))
