"""The rows of the databases of this area, planted so that sequences are where production has them."""

import contextlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from schemaproof.migration.own_rows import OwnRows
from schemaproof.migration.states import UpgradeFailedError
from schemaproof.postgres import Database
from schemaproof.proofs.data.conditions import Conditions
from schemaproof.proofs.data.snapshot import COUNTED, Name
from schemaproof.rows import fill
from schemaproof.rows.filling import Filled, RowsOf
from schemaproof.rows.statements import Row
from schemaproof.rows.tables import Table
from schemaproof.rows.types import Type
from schemaproof.rows.variety import varied

if TYPE_CHECKING:
    from schemaproof.migration.history import History

_ANEW = 600  # by how much the numbers of rows are others in a table that a revision has emptied
_FIRST_OF_BOUNDS = 60  # the number of the first row that is there for a partition to come

_ADVANCE = (
    "SELECT setval({name}, m) FROM (SELECT max({column}) AS m FROM {table}) x, {sequence} s WHERE m > s.last_value"
)
_BOUNDS = """
SELECT n.nspname::text, p.relname::text, pg_get_expr(c.relpartbound, c.oid)
FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid JOIN pg_class p ON p.oid = h.inhparent
JOIN pg_namespace n ON n.oid = p.relnamespace WHERE p.relkind = 'p' ORDER BY 1, 2, c.relname
"""
# FOR VALUES FROM ('2031-01-01') TO (...), FOR VALUES IN ('a', 'b'): the first value.
_FIRST_VALUE = re.compile(r"FOR VALUES (?:FROM|IN) \(('(?:[^']|'')*'|-?[\d.]+)")


@contextlib.contextmanager
def connected(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the harness, in autocommit mode."""
    with psycopg.connect(database.dsn, autocommit=True, application_name="schemaproof") as connection:
        yield connection


def populate(
    history: "History", database: Database, rows: RowsOf | None = None, tables: Sequence[Name] | None = None
) -> Filled:
    """As ``plant``, through a connection of its own."""
    with connected(database) as connection:
        return plant(history, connection, rows, tables)


def plant(
    history: "History",
    connection: psycopg.Connection[Any],
    rows: RowsOf | None = None,
    tables: Sequence[Name] | None = None,
    emptied: Collection[Name] = (),
) -> Filled:
    """Put rows into the tables that are empty, and say which got none.

    Args:
        history: whose database it is.
        connection: in autocommit mode.
        rows: what a table gets; rows of every kind that it allows for None.
        tables: the only ones to fill; all for None.
        emptied: those that had rows, which may be elsewhere now: their numbers are not given again.
    """
    bounds = bounds_at_head(history) if rows is None else None
    conditions = history.kept(Conditions)

    def all_of_them(types: Mapping[int, Type], table: Table) -> Sequence[Row]:
        to_come = bounds.rows(types, table) if bounds else []
        found = [*varied(types, table), *to_come, *conditions.rows(types, table)]
        step = _ANEW if (table.schema, table.name) in emptied else 0
        return [replace(row, number=row.number + step) for row in found] if step else found

    wanted = history.kept(OwnRows).within(rows or all_of_them)
    found = fill(connection, leave=[history.version_table], tables=tables, rows=wanted)
    if found.filled:
        _advance(connection, set(found.filled))
    return found


def _advance(connection: psycopg.Connection[Any], filled: set[str]) -> None:
    """Set each sequence to the greatest number that it could have given: rows are planted with theirs."""
    for _, schema, table, column, sequence_schema, sequence in connection.execute(COUNTED).fetchall():
        if f"{schema}.{table}" not in filled:
            continue
        name = sql.Identifier(sequence_schema, sequence)
        query = sql.SQL(_ADVANCE).format(
            name=sql.Literal(name.as_string(connection)),
            column=sql.Identifier(column),
            table=sql.Identifier(schema, table),
            sequence=name,
        )
        with contextlib.suppress(psycopg.DataError, psycopg.ProgrammingError):  # beyond its end; a text column
            connection.execute(query)


@dataclass(frozen=True)
class Bounds:
    """What the partitions of the migrated database take: by table, a value of each."""

    values: Mapping[Name, Sequence[str]]

    def rows(self, _types: Mapping[int, Type], table: Table) -> list[Row]:
        """Rows for the partitions to come, where ``table`` has one that takes the rest."""
        values = self.values.get((table.schema, table.name), ())
        rules = table.rules.get("", [])
        if len(rules) != 1 or len(rules[0].columns) != 1 or "DEFAULT" not in rules[0].definition:
            return []
        rule = rules[0]
        there = {_first(text) for text in _FIRST_VALUE.findall(rule.definition)}
        to_come = [one for one in values if one not in there]
        return [
            Row(_FIRST_OF_BOUNDS + number, sparse=False, own=True, changes={rule.columns[0]: value})
            for number, value in enumerate(to_come)
        ]


def bounds_at_head(history: "History") -> Bounds | None:
    """The bounds of the partitions at head; None where there are none, or no head."""
    return history.kept(_Head).bounds


class _Head:
    """What was read of the migrated database, once."""

    def __init__(self, history: "History") -> None:
        values: dict[Name, list[str]] = {}
        # Where no revision partitions anything, the migrated database need not be made for it.
        if not history.alone and any("partition of" in text.lower() for text in history.chain.literals):
            with contextlib.suppress(UpgradeFailedError), history.head_copy() as database, connected(database) as one:
                for schema, name, bound in one.execute(_BOUNDS).fetchall():
                    found = _FIRST_VALUE.findall(bound)
                    values.setdefault((schema, name), []).extend(_first(text) for text in found)
        self.bounds = Bounds(values) if values else None


def _first(text: str) -> str:
    return text.strip("'").replace("''", "'")
