"""What the experiments with deletes stand on: a migrated database, what its tables accept, and what the model says."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg
from psycopg import sql

from schemaproof.proofs.deletes.graph import ForeignKey, Graph, TableName
from schemaproof.rows.population import Population

# Rows that revisions inserted stay, since others may need them; more of them than this would be read in each example.
_MOST_SEEDS = 20

# Tables that one example holds: each costs its part of a millisecond; what is further away is nearer to another root.
_MOST_TABLES = 12

type Connection = psycopg.Connection[Any]


class GroundError(Exception):
    """Nothing can be tried; the text says why."""


@dataclass(frozen=True)
class Ground:
    """Two graphs of the same tables, and rows for them.

    Attributes:
        model: the keys as the model declares them, in the order in which the server fires them.
        database: the keys that the migrated database has.
        population: what rows its tables accept.
        seeded: the tables that hold rows of the revisions' own.
        absent: the model's keys of tables or columns that the database does not have, about which nothing is asked.
    """

    model: Graph
    database: Graph
    population: Population
    seeded: tuple[TableName, ...] = ()
    absent: tuple[ForeignKey, ...] = ()

    @cached_property
    def both(self) -> Graph:
        """The keys of either, by which rows are compared and told."""
        links = {key.link for key in self.database.keys}
        more = (key for key in self.model.keys if key.link not in links)
        return Graph(self.database.tables, (*self.database.keys, *more))

    @cached_property
    def planted(self) -> Graph:
        """The database's keys to tables that hold no rows but those that are planted."""
        return Graph(self.database.tables, tuple(key for key in self.database.keys if key.parent not in self.seeded))

    def roots(self) -> Iterator[TableName]:
        """The tables that any key refers to, and that can be filled."""
        parents = {key.parent for key in self.both.keys}
        yield from sorted(parents & {TableName(*name) for name in self.population.tables})

    def scopes(self, root: TableName) -> Iterator[tuple[TableName, ...]]:
        """The tables below ``root``, itself first, at most a dozen in one scope; each child is in one of them."""
        known = {TableName(*name) for name in self.population.tables}
        children = sorted(self._below(root) & known - {root})
        while children:
            scope = [root, *children[: _MOST_TABLES // 2]]
            del children[: _MOST_TABLES // 2]
            for table in scope[1:]:  # grows while it is walked: breadth first
                more = sorted(self._below(table) & known - set(scope))
                scope += more[: _MOST_TABLES - len(scope)]
            yield tuple(scope)
        if root in self._below(root):
            yield (root,)

    def told(self, scope: Iterable[TableName], rows: Iterable[tuple[str, str]]) -> list[TableName]:
        """All tables whose rows can have to do with a delete in ``scope`` where ``rows`` are planted."""
        return list(dict.fromkeys([*scope, *(TableName(*name) for name in rows), *self.seeded]))

    def _below(self, table: TableName) -> set[TableName]:
        return {key.table for key in self.both.children(table)}


def told_columns(graph: Graph, table: TableName) -> tuple[str, ...]:
    """The columns by which rows are compared and told: keys of either kind; all where a table has none.

    What else a row holds is no matter of foreign keys; triggers may change it.
    """
    known = graph.tables[table]
    named = {*known.primary_key}
    named |= {column for key in graph.parents(table) for column in key.columns}
    named |= {column for key in graph.children(table) for column in key.referenced}
    return tuple(column for column in known.columns if column in named) or known.columns


def ranking(graph: Graph, table: TableName, rows: Sequence[Mapping[str, str | None]]) -> list[int]:
    """The places of ``rows``, ordered by what they hold: first by the columns of keys, short values before long ones.

    Where rows lie is no order: a VACUUM, or a page that is pruned while it is read, lets later rows fill older gaps.
    """
    first = told_columns(graph, table)
    names = [*first, *(name for name in graph.tables[table].columns if name not in first)]

    def held(place: int) -> list[tuple[bool, int, str]]:
        values = [rows[place].get(name) for name in names]
        return [(value is not None, len(value or ""), value or "") for value in values]

    return sorted(range(len(rows)), key=held)


def clear(connection: Connection, tables: Iterable[TableName]) -> tuple[TableName, ...]:
    """Empty, in a copy of the harness' own, those of ``tables`` that hold more than a few rows; return the seeded ones.

    Args:
        connection: in autocommit mode.
        tables: all that are known.
    """
    held = {name: _held(connection, name) for name in tables}
    for name in (name for name, count in held.items() if count > _MOST_SEEDS):
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(*name)))
    return tuple(name for name, count in held.items() if count and _held(connection, name))


def _held(connection: Connection, table: TableName) -> int:
    """How many rows ``table`` holds; more than are told apart count as one more."""
    query = sql.SQL("SELECT count(*) FROM (SELECT FROM {} LIMIT {}) held")
    ((count,),) = connection.execute(query.format(sql.Identifier(*table), _MOST_SEEDS + 1)).fetchall()
    return int(count)
