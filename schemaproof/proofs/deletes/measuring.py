"""How many rows the server reads to find the children of a row that is deleted, measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from schemaproof.proofs.deletes.keys import Key
from schemaproof.proofs.deletes.planting import PlantingError, drop_other_keys, execute_unblocked, places, plant

ROWS = (500, 2000)  # of other parents: some pages, and four times as many; planted in milliseconds

# Of the transaction so far. Sequential scans count rows, index scans those that they fetch; what they skip in the index
# shows in the pages alone. EXPLAIN (BUFFERS) leaves out what triggers do (manual, 27.2: pg_stat_xact_user_tables).
_READ = """
SELECT NULL, coalesce(sum(coalesce(s.seq_tup_read, 0) + coalesce(s.idx_tup_fetch, 0)), 0)::bigint,
    coalesce(sum(pg_stat_get_xact_blocks_fetched(s.relid)), 0)::bigint
FROM pg_stat_xact_user_tables s WHERE s.relid = ANY (%(tables)s::oid[])
UNION ALL
SELECT format('%%I.%%I', n.nspname, c.relname), 0, pg_stat_get_xact_blocks_fetched(c.oid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.indrelid = ANY (%(tables)s::oid[])
"""

# Pages more that may be a level more of an index; all of an index has five more at least.
_LEVELS = 3

# Nothing is known of tables that were never analysed, and small ones are read whole whatever indexes they have.
_OPTIONS = "-c enable_seqscan=off -c jit=off"


@dataclass(frozen=True)
class Read:
    """What one delete read of the child table.

    Attributes:
        planted: how many rows of other parents were there.
        rows: how many rows it read.
        pages: how many pages it looked at, those of indexes included.
        indexes: by the name of an index, how many of these are its own.
    """

    planted: int
    rows: int
    pages: int
    indexes: Mapping[str, int] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """In words: "0 rows of the table and 8 pages, 7 of them of indexes"."""
        own = sum(self.indexes.values())
        return f"{self.rows} rows of the table and {self.pages} pages{f', {own} of them of indexes,' if own else ''}"


@dataclass(frozen=True)
class Measured:
    """A delete of a row that has no children, beside few and beside more rows of other parents."""

    few: Read
    many: Read

    @property
    def grows(self) -> bool:
        """Whether it reads more where there is more that does not concern it."""
        return self.many.rows > self.few.rows or self.many.pages > self.few.pages + _LEVELS

    @property
    def scanned(self) -> tuple[str, int] | None:
        """The index of which it reads all, with the pages of that among more rows; None where it reads the table."""
        if self.many.rows > self.few.rows:
            return None
        growing = {
            name: pages for name, pages in self.many.indexes.items() if pages > self.few.indexes.get(name, 0) + _LEVELS
        }
        return max(growing.items(), key=lambda one: one[1]) if growing else None

    def __str__(self) -> str:
        few, many = self.few, self.many
        return (
            f"a delete of one row without children reads {few.told} among {few.planted} rows of others,"
            f" {many.told} among {many.planted}"
        )


def measure(dsn: str, key: Key) -> Measured:
    """What a delete of a parent of ``key`` reads; nothing of it is left in the database at ``dsn``.

    Both of the key's tables must hold a row.

    Raises:
        PlantingError, psycopg.DatabaseError: why it could not be measured.
    """
    few, many = (_read(dsn, key, count) for count in ROWS)
    return Measured(few, many)


def _read(dsn: str, key: Key, count: int) -> Read:
    # A connection of its own: the plans of a key's queries are kept for the session.
    with psycopg.connect(dsn, options=_OPTIONS, application_name="schemaproof") as connection:
        cursor = connection.cursor()
        try:
            victim = _prepare(cursor, key, count)
            before = _counters(cursor, key)
            deleted = execute_unblocked(cursor, key, victim)
            after = _counters(cursor, key)
        finally:
            connection.rollback()
    if not deleted:
        raise PlantingError("a row of the table that it refers to is not deleted when it is asked for")
    rows, pages = (sum(one[place] - before.get(name, (0, 0))[place] for name, one in after.items()) for place in (0, 1))
    indexes = {name: one[1] - before.get(name, (0, 0))[1] for name, one in after.items() if name is not None}
    return Read(count, rows, pages, indexes)


def _prepare(cursor: psycopg.Cursor[tuple[Any, ...]], key: Key, count: int) -> sql.Composed:
    """Plant the rows; a statement that deletes a parent without children."""
    drop_other_keys(cursor, key)
    cursor.execute("SET LOCAL session_replication_role = replica")  # the planted rows refer to nothing
    plant(cursor, key, count)
    found = places(cursor, key.parent, sql.SQL("true"), 1)
    if not found:
        raise PlantingError("the table that it refers to holds no row")
    childless = sql.SQL("DELETE FROM {} c USING {} p WHERE {} AND {}")
    cursor.execute(childless.format(key.child.source, key.parent.source, found[0], key.refers()))
    cursor.execute("SET LOCAL session_replication_role = origin")
    return sql.SQL("DELETE FROM {} p WHERE {}").format(key.parent.source, found[0])


def _counters(cursor: psycopg.Cursor[tuple[Any, ...]], key: Key) -> dict[str | None, tuple[int, int]]:
    """Rows and pages by the name of an index, and by None of the table itself."""
    found = cursor.execute(_READ, {"tables": list(key.leaves)}).fetchall()
    return {name: (rows, pages) for name, rows, pages in found}
