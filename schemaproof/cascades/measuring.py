"""How many rows the server reads to find the children of a row that is deleted, measured."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from schemaproof.cascades.keys import Key
from schemaproof.cascades.planting import PlantingError, drop_other_keys, execute_unblocked, places, plant

ROWS = (500, 2000)  # of other parents: some pages, and four times as many; planted in milliseconds

# Of the transaction so far. Sequential scans count rows, index scans those that they fetch; what they skip in the index
# shows in the pages alone. EXPLAIN (BUFFERS) leaves out what triggers do (manual, 27.2: pg_stat_xact_user_tables).
_READ = """
SELECT coalesce(sum(coalesce(s.seq_tup_read, 0) + coalesce(s.idx_tup_fetch, 0)), 0)::bigint,
    coalesce(sum(pg_stat_get_xact_blocks_fetched(s.relid)
        + (SELECT coalesce(sum(pg_stat_get_xact_blocks_fetched(i.indexrelid)), 0) FROM pg_index i
            WHERE i.indrelid = s.relid)), 0)::bigint
FROM pg_stat_xact_user_tables s WHERE s.relid = ANY (%s::oid[])
"""

# Nothing is known of tables that were never analysed, and small ones are read whole whatever indexes they have.
_OPTIONS = "-c enable_seqscan=off -c jit=off"


@dataclass(frozen=True)
class Read:
    """What one delete read of the child table.

    Attributes:
        planted: how many rows of other parents were there.
        rows: how many rows it read.
        pages: how many pages it looked at, those of indexes included.
    """

    planted: int
    rows: int
    pages: int


@dataclass(frozen=True)
class Measured:
    """A delete of a row that has no children, beside few and beside more rows of other parents."""

    few: Read
    many: Read

    @property
    def grows(self) -> bool:
        """Whether it reads more where there is more that does not concern it."""
        # Some pages more may be a level more of an index; all of an index has five more at least.
        return self.many.rows > self.few.rows or self.many.pages > self.few.pages + 3

    def __str__(self) -> str:
        few, many = self.few, self.many
        return (
            f"a delete of one row without children reads {few.rows} rows ({few.pages} pages) of the table among"
            f" {few.planted} rows of others, {many.rows} rows ({many.pages} pages) among {many.planted}"
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
    return Read(count, after[0] - before[0], after[1] - before[1])


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


def _counters(cursor: psycopg.Cursor[tuple[Any, ...]], key: Key) -> tuple[int, int]:
    rows, pages = cursor.execute(_READ, [list(key.leaves)]).fetchone() or (0, 0)
    return rows, pages
