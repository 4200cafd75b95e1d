"""Filling a database's empty tables, one statement per table where nothing is refused."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from schemaproof.rows.order import next_group
from schemaproof.rows.repairs import Repairs
from schemaproof.rows.statements import Row, Writer
from schemaproof.rows.tables import Table, describe, empty_ones, read_tables
from schemaproof.rows.types import Cursor, Type, read_types
from schemaproof.rows.values import UnknownTypeError

# Which rows a table gets.
type RowsOf = Callable[[Mapping[int, Type], Table], Sequence[Row]]

REFERS = "it refers to "  # how the reason begins where another table without rows is one
FEW = 3  # rows a table, where nobody says how many
_NONE_KEPT = "the server accepts the rows but keeps none of them: look at its triggers and rules"


@dataclass(frozen=True)
class Filled:
    """What became of the empty tables, each as "schema.table".

    Attributes:
        filled: those that hold rows now.
        refused: those that don't, with the reason, in the server's words or in ours.
    """

    filled: tuple[str, ...]
    refused: Mapping[str, str]


def fill(
    connection: psycopg.Connection[Any],
    *,
    leave: Collection[tuple[str, str]] = (),
    tables: Collection[tuple[str, str]] | None = None,
    rows: int | Sequence[Row] | RowsOf = FEW,
    more: Collection[tuple[str, str]] = (),
) -> Filled:
    """Put a few rows into each table that has none; the same ones whenever the tables are the same.

    The first row of a table has a value in every column that has no default, the second one NULL wherever it can be.
    System schemas, extensions' tables, foreign tables and partitions are left alone: what is partitioned is filled as
    a whole. Sequences advance, and triggers do what they do; nothing else changes.

    Args:
        connection: in autocommit mode.
        leave: schema and name of tables not to touch, above all Alembic's.
        tables: the only ones to touch; all where it is None.
        more: tables that get rows though they have some.
        rows: how many a table gets at most, or which, or what says which. Where the server refuses one, it gets fewer.
    """
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        known = [one for one in read_tables(cursor) if (one.schema, one.name) not in leave]
        if tables is not None:
            known = [one for one in known if (one.schema, one.name) in tables]
        refused = {str(one): "the role may not read and write it" for one in known if not one.permitted}
        empty = empty_ones(cursor, [one for one in known if one.permitted])
        full = [one for one in known if one.permitted and (one.schema, one.name) in more and one not in empty]
        empty = [*empty, *full]
        if not empty:
            return Filled((), refused)
        types = read_types(cursor)
        describe(cursor, empty, types)
        return _Filler(cursor, types, empty, rows, {one.oid for one in full}).run(refused)


def ordinary(count: int = FEW) -> list[Row]:
    """Rows of which the second one has NULL wherever it can."""
    return [Row(number, sparse=number == 1) for number in range(count)]


class _Filler:
    """One run over tables that are all empty."""

    def __init__(
        self,
        cursor: Cursor,
        types: Mapping[int, Type],
        tables: Collection[Table],
        rows: int | Sequence[Row] | RowsOf,
        full: Collection[int] = (),
    ) -> None:
        self._cursor = cursor
        self._types = types
        self._tables = {one.oid: one for one in tables}
        self._rows = rows
        # The writers look here for what a key cannot refer to: filled tables are taken out.
        self._rowless = set(self._tables) - set(full)

    def run(self, refused: Mapping[str, str]) -> Filled:
        """Fill all; ``refused`` are others that were refused before."""
        waiting, reasons = dict(self._tables), {}
        while waiting:
            group = next_group(waiting)
            reason = self._fill_table(group[0]) if len(group) == 1 else self._fill_cycle(group)
            for table in group:
                del waiting[table.oid]
                if reason is None:
                    self._rowless.discard(table.oid)
                else:
                    self._rowless.add(table.oid)
                    reasons[table.oid] = reason
        # Rules may put rows elsewhere, and triggers may delete them again.
        for table in empty_ones(self._cursor, [one for oid, one in self._tables.items() if oid not in reasons]):
            reasons[table.oid] = _NONE_KEPT
        filled = tuple(str(one) for oid, one in self._tables.items() if oid not in reasons)
        return Filled(filled, {**refused, **{str(self._tables[oid]): reason for oid, reason in reasons.items()}})

    def _rows_of(self, table: Table) -> list[Row]:
        if isinstance(self._rows, int):
            return ordinary(self._rows)
        return [*(self._rows(self._types, table) if callable(self._rows) else self._rows)]

    def _fill_table(self, table: Table) -> str | None:
        """Why the table holds no rows now; None where it does."""
        if (reason := self._lacking(table, {table.oid})) is not None:
            return reason
        writer = Writer(self._types, table, self._rowless)
        refers_to_itself = any(key.root == table.oid for key in table.keys.values())
        rows = self._rows_of(table)
        batches = [rows[:1], rows[1:]] if refers_to_itself else [rows]
        count, reason = 0, None
        try:
            for batch in filter(None, batches):
                added, refusal = self._insert(table, writer, batch)
                count, reason = count + added, reason or refusal
                if count:
                    self._rowless.discard(table.oid)  # later rows can refer to these
        except UnknownTypeError as error:
            return str(error)
        return None if count else reason or _NONE_KEPT

    def _insert(self, table: Table, writer: Writer, batch: list[Row]) -> tuple[int, str | None]:
        """How many rows were inserted; where the server refused one, why."""
        error = self._execute(writer.insert(batch))
        if error is None:
            return self._cursor.rowcount, None
        count, refusals = 0, []
        repairs = Repairs(self._types, table, writer.choices, lambda row: self._execute(writer.insert([row])))
        for row in batch if len(batch) > 1 else [*batch, Row(1, sparse=True)]:
            # A twin is wanted as it is or not at all.
            refusal = self._execute(writer.insert([row])) if row.twin else repairs.insert(row)
            if refusal is None:
                count += self._cursor.rowcount
                if len(batch) == 1:
                    break
            else:
                refusals.append(_words(refusal))
            if len(refusals) > 1 and not count:
                break  # neither with values nor with NULLs
        return count, refusals[0] if refusals else None

    def _fill_cycle(self, group: list[Table]) -> str | None:
        """Why no table of the cycle holds rows now; None where all do."""
        cycle = {table.oid for table in group}
        for table in group:
            if (reason := self._lacking(table, cycle)) is not None:
                return reason
        first = None
        shared = self._rows_of(group[0])
        for rows in (shared, shared[:1]):
            try:
                with self._cursor.connection.transaction():
                    self._cursor.execute("SET CONSTRAINTS ALL DEFERRED")
                    for table in group:
                        self._cursor.execute(Writer(self._types, table, self._rowless, group).insert(rows))
            except UnknownTypeError as error:
                return str(error)
            except psycopg.Error as error:
                self._raise_if_lost(error)
                first = first or error
            else:
                return None
        names = ", ".join(map(str, group))
        return f"its foreign keys form a cycle of {names}: {_words(first)}" if first else None

    def _lacking(self, table: Table, apart: Collection[int]) -> str | None:
        """What ``table`` must refer to though it holds nothing; None where there is nothing of that kind."""
        for key in table.keys.values():
            if table.hard(key) and key.root in self._rowless and key.root not in apart:
                return f"{REFERS}{self._tables[key.root]}, which has no rows"
        return None

    def _execute(self, statement: sql.Composed) -> psycopg.Error | None:
        """What the server refuses the statement with; nothing is left of one that is refused."""
        try:
            self._cursor.execute(statement, prepare=False)
        except psycopg.Error as error:
            self._raise_if_lost(error)
            return error
        return None

    def _raise_if_lost(self, error: psycopg.Error) -> None:
        # libpq may yet have to notice the end of a session that the server has announced.
        if self._cursor.connection.closed or (error.sqlstate or "").startswith(("08", "57P")):
            raise error


def _words(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error)
