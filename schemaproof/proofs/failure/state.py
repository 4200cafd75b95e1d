"""The state of one database, as far as a failed migration must not change it: catalog, version and rows."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, LiteralString, Self

import psycopg
from psycopg import sql

from schemaproof.catalog import Catalog, Difference, diff
from schemaproof.migration.moments import Moments
from schemaproof.postgres import Database, PostgresError
from schemaproof.proofs.failure.locks import Held

# A relation's schema and name.
type Name = tuple[str, str]

# Before 15 a session's counts come to the statistics collector at some later time, so all rows are read each time.
_COUNTS_AT_ONCE = 150000

GONE_WITHIN = 5.0  # seconds for the server to notice that a client is gone
_POLL = 0.001  # seconds

# Whatever is done to a table's rows changes one of these. What was rolled back is counted too.
_COUNTS = """
    SELECT n.nspname, c.relname, c.oid::bigint, c.relfilenode::bigint,
        pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid), pg_stat_get_tuples_deleted(c.oid),
        c.relpersistence <> 'u', c.relkind = 'S'
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm', 'S') AND c.relpersistence <> 't' AND c.relispopulated
        AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""
_TYPES = {"type", "domain"}
# How values are printed: a revision may set it otherwise for its database, which a clone does not take over.
_PRINTED = (
    "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 1;"
    " SET bytea_output = 'hex'"
)
_COLUMNS = """
    SELECT attrelid::bigint, array_agg(attname::text ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = ANY (%s::oid[]) AND attnum > 0 AND NOT attisdropped GROUP BY attrelid
"""
# Sessions that hold something, and prepared transactions, which outlive theirs.
_BUSY = """
    SELECT format('session %%s of "%%s" is %%s (%%s)%%s', a.pid, a.application_name, a.state, left(a.query, 100),
            CASE WHEN locks > 0 THEN format(' and holds %%s locks', locks) ELSE '' END)
    FROM pg_stat_activity a, LATERAL (SELECT count(*) AS locks FROM pg_locks l WHERE l.pid = a.pid AND l.granted
        AND l.locktype NOT IN ('virtualxid')) held
    WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> ALL (%s)
        AND (a.state IS DISTINCT FROM 'idle' OR locks > 0)
    UNION ALL SELECT format('prepared transaction %%L', gid) FROM pg_prepared_xacts WHERE database = current_database()
"""
_OTHERS = """
    FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> ALL (%s)
"""
_HELD = """
    SELECT n.nspname, c.relname, array_agg(l.mode) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE l.pid = %s AND l.locktype = 'relation' AND l.granted AND c.relkind IN ('r', 'p')
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    GROUP BY n.nspname, c.relname
    UNION ALL SELECT NULL, backend_xid::text, NULL FROM pg_stat_get_activity(%s)
"""
_TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
        AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""


@dataclass(frozen=True)
class Rows:
    """The rows of one table.

    Attributes:
        count: how many there are.
        whole: a hash of them, in whatever order.
        columns: a hash of each column's values, in whatever order.
        logged: whether they outlive a crash.
    """

    count: int
    whole: int
    columns: Mapping[str, int]
    logged: bool = True

    def equal(self, other: "Rows", unstable: Collection[str]) -> bool:
        """Whether both are the same but for the columns ``unstable``."""
        if not unstable:
            return self == other
        stable = [name for name in self.columns if name not in unstable]
        return (
            self.count == other.count
            and self.columns.keys() == other.columns.keys()
            and all(self.columns[name] == other.columns[name] for name in stable)
        )

    def differing(self, other: "Rows") -> set[str]:
        """The columns whose values differ."""
        return {name for name in self.columns.keys() | other.columns.keys() if not self._same(other, name)}

    def _same(self, other: "Rows", name: str) -> bool:
        return self.columns.get(name) == other.columns.get(name)


@dataclass(frozen=True)
class State:
    """A database at one moment.

    Attributes:
        catalog: its objects, the version table left out.
        versions: what the version table records, ordered; empty where there is none.
        rows: the rows of each table but the version table.
        restarted: the sequences that ALTER SEQUENCE has given a new file since the watcher first saw them, which is
            undone with its transaction. What nextval() and setval() did never is, and is no difference.
    """

    catalog: Catalog
    versions: tuple[str, ...]
    rows: Mapping[Name, Rows]
    restarted: frozenset[Name] = frozenset()

    def after_crash(self) -> "State":
        """It without the rows of unlogged tables: a crash empties them (manual, CREATE TABLE)."""
        return replace(self, rows={name: rows for name, rows in self.rows.items() if rows.logged})

    def differences(
        self,
        other: "State",
        unstable: Mapping[Name, Collection[str]],
        moments: Moments | None = None,
        *,
        rows: bool = True,
    ) -> list[str]:
        """In words, what ``other`` has otherwise; neither ``moments`` nor values of the columns ``unstable`` count."""
        found = [str(one) for one in self.catalog_differences(other, moments)]
        if self.versions != other.versions:
            before, after = (", ".join(one) or "no revision" for one in (self.versions, other.versions))
            found.append(f"the version table records {after}, not {before}")
        for name in sorted(self.restarted ^ other.restarted):
            found.append(f"sequence {'.'.join(name)}: was {'' if name in other.restarted else 'not '}restarted")
        if rows and not any("extra" in one or "missing" in one for one in found):
            found += self._row_differences(other, unstable)
        return found

    def catalog_differences(self, other: "State", moments: Moments | None = None) -> list[Difference]:
        """As ``diff``, but for ``moments``."""
        if self.catalog.units is other.catalog.units:
            return []
        found = diff(self.catalog, other.catalog)
        return found if moments is None else moments.without(found)

    def _row_differences(self, other: "State", unstable: Mapping[Name, Collection[str]]) -> Iterable[str]:
        for name in sorted(self.rows.keys() | other.rows.keys()):
            mine, others = self.rows.get(name), other.rows.get(name)
            if mine is None or others is None or mine.equal(others, unstable.get(name, ())):
                continue
            counts = f"{others.count} rows, not {mine.count}" if mine.count != others.count else "other rows"
            columns = ", ".join(sorted(mine.differing(others) - set(unstable.get(name, ()))))
            yield f"table {'.'.join(name)}: {counts}{f' (columns: {columns})' if columns else ''}"


class Watcher:
    """Reads the states of one database, through a connection of its own; as a context manager it closes that."""

    def __init__(self, database: Database, version_table: Name) -> None:
        self.database = database
        self._version_table = version_table
        self._connection = _connect(database)
        self._counts: dict[Name, tuple[Any, ...]] = {}
        self._files: dict[Name, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def reconnect(self) -> None:
        """Open the connection anew, after a restart of the server; all rows are read at the next time."""
        self._connection.close()
        self._connection = _connect(self.database)
        self._counts = {}

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """The connection, in autocommit mode."""
        return self._connection

    @property
    def pid(self) -> int:
        """The pid of the session that reads."""
        return self._connection.info.backend_pid

    def attach(self) -> None:
        """Take the rows as they are for those of the next ``since``: the database was cloned from that state."""
        self._counts, self._files = self._read_counts()

    def read(self, since: State | None = None) -> State:
        """The state, read anew as far as it may have changed ``since`` this watcher's last reading."""
        catalog = (
            since.catalog.refresh(self._connection)
            if since
            else Catalog.read(self._connection, version_table=self._version_table)
        )
        counts, files = self._read_counts()
        if since is None:
            self._files = files
        known = since.rows if since and self._connection.info.server_version >= _COUNTS_AT_ONCE else {}
        otherwise = _read_otherwise(since.catalog, catalog) if since else set()
        changed = {
            name: one
            for name, one in counts.items()
            if name not in known or self._counts.get(name) != one or otherwise is None or name in otherwise
        }
        rows = {name: known[name] for name in counts if name not in changed} | self._rows(changed)
        self._counts = counts
        restarted = frozenset(name for name, file in files.items() if self._files.get(name, file) != file)
        return State(catalog, self.versions(), rows, restarted)

    def flush(self) -> None:
        """Let the counts of what this session itself has changed come at once, and not after a second."""
        if self._connection.info.server_version >= _COUNTS_AT_ONCE:
            self._connection.execute("SELECT pg_stat_force_next_flush()")

    def versions(self) -> tuple[str, ...]:
        """What the version table records, ordered; empty where there is no such table."""
        try:
            found = self._connection.execute(
                sql.SQL("SELECT version_num FROM {} ORDER BY 1").format(sql.Identifier(*self._version_table))
            )
        except psycopg.errors.UndefinedTable:
            return ()
        return tuple(version for (version,) in found)

    def held(self, pid: int) -> tuple[Held, str | None]:
        """The locks of the server process ``pid`` on tables that this session can see; and its transaction's id."""
        found = self._connection.execute(_HELD, [pid, pid]).fetchall()
        held = {(schema, name): frozenset(modes) for schema, name, modes in found if modes is not None}
        return held, next((transaction for _, transaction, modes in found if modes is None), None)

    def tables(self) -> list[Name]:
        """All tables but the version table."""
        return [name for name in self._all(_TABLES) if name != self._version_table]

    def busy(self, seconds: float, besides: Collection[int] = ()) -> list[str]:
        """What still holds something ``seconds`` after the client is gone, in words."""
        mine = [self.pid, *besides]
        deadline = time.monotonic() + seconds
        while True:
            found = [text for (text,) in self._connection.execute(_BUSY, [mine])]
            if not found or time.monotonic() > deadline:
                return found
            time.sleep(_POLL)

    def end_sessions(self, besides: Collection[int] = ()) -> None:
        """End all other sessions on the database, and wait until they are gone: their counts come with their end."""
        mine = [[self.pid, *besides]]
        if self._connection.execute("SELECT pg_terminate_backend(pid)" + _OTHERS, mine).rowcount:
            self._wait_until_gone("SELECT 1" + _OTHERS, mine)

    def terminate(self, pid: int) -> None:
        """End the session of the server process ``pid``, and wait until it is gone."""
        self._connection.execute("SELECT pg_terminate_backend(%s)", [pid])
        self._wait_until_gone("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid])

    def _wait_until_gone(self, query: LiteralString, values: Sequence[Any]) -> None:
        # pg_terminate_backend() can wait too, but looks every 100 ms only.
        deadline = time.monotonic() + GONE_WITHIN
        while self._connection.execute(query, values).rowcount:
            if time.monotonic() > deadline:
                raise PostgresError(
                    f"A session on {self.database.name} did not end within {GONE_WITHIN:.0f} s.",
                    remedy="Run again, on a machine with less load if it happens again.",
                )
            time.sleep(_POLL)

    @contextmanager
    def lock_timeout(self, milliseconds: int) -> Any:
        """A lock_timeout for the sessions that are opened meanwhile."""
        name = sql.Identifier(self.database.name)
        self._connection.execute(sql.SQL("ALTER DATABASE {} SET lock_timeout = {}").format(name, milliseconds))
        try:
            yield
        finally:
            self._connection.execute(sql.SQL("ALTER DATABASE {} RESET lock_timeout").format(name))

    def _read_counts(self) -> tuple[dict[Name, tuple[Any, ...]], dict[Name, int]]:
        """What changes with each table's rows, and the file of each sequence."""
        counts: dict[Name, tuple[Any, ...]] = {}
        files: dict[Name, int] = {}
        for schema, name, *found, sequence in self._all(_COUNTS):
            if sequence:
                files[schema, name] = found[1]
            elif (schema, name) != self._version_table:
                counts[schema, name] = tuple(found)
        return counts, files

    def _rows(self, tables: Mapping[Name, tuple[Any, ...]]) -> dict[Name, Rows]:
        if not tables:
            return {}
        oids = {name: counts[0] for name, counts in tables.items()}
        columns: dict[int, list[str]] = dict(self._connection.execute(_COLUMNS, [list(oids.values())]).fetchall())
        found: dict[Name, Rows] = {}
        with self._connection.pipeline():
            cursors = {name: self._ask(name, columns.get(oid, [])) for name, oid in oids.items()}
        for name, cursor in cursors.items():
            count, whole, *hashes = cursor.fetchone() or (0, 0)
            by_column = dict(zip(columns.get(oids[name], []), hashes, strict=True))
            found[name] = Rows(count, whole, by_column, logged=tables[name][-1])
        return found

    def _ask(self, name: Name, columns: Iterable[str]) -> psycopg.Cursor[Any]:
        alias = sql.Identifier("schemaproof row")
        summed = "coalesce(sum(hashtextextended(coalesce({}::text, '\\N'), 0)), 0)"
        hashes = [sql.SQL(summed).format(sql.SQL("{}.{}").format(alias, sql.Identifier(one))) for one in columns]
        query = sql.SQL("SELECT {} FROM ONLY {} AS {}").format(
            # In parentheses and with a star it is the row, also where a column has its name.
            sql.SQL(", ").join([sql.SQL("count(*)"), sql.SQL(summed).format(sql.SQL("({}.*)").format(alias)), *hashes]),
            sql.Identifier(*name),
            alias,
        )
        return self._connection.execute(query)

    def _all(self, query: LiteralString) -> list[Any]:
        return self._connection.execute(query).fetchall()


def _connect(database: Database) -> psycopg.Connection[Any]:
    connection = psycopg.connect(database.dsn, autocommit=True, application_name="schemaproof")
    connection.execute(_PRINTED)
    return connection


def _read_otherwise(before: Catalog, after: Catalog) -> set[Name] | None:
    """The tables whose rows may read otherwise although nothing was done to them; None for all of them.

    Columns are renamed, and some types changed, without a rewrite of the table; an enum's labels too.
    """
    if before.units is after.units:
        return set()
    identities = [item.identity for item in (*after.items(before), *before.items(after))]
    if any(identity.kind in _TYPES for identity in identities):
        return None
    return {(identity.schema, identity.parent or identity.name) for identity in identities}
