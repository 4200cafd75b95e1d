"""The rows that an experiment with one foreign key needs: a parent, a child to be, and what both refer to."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from schemaproof.proofs.deletes.graph import ForeignKey, Graph, TableName
from schemaproof.proofs.deletes.ground import told_columns
from schemaproof.proofs.deletes.searching import search
from schemaproof.rows import fill
from schemaproof.rows.population import Population

type Connection = psycopg.Connection[Any]
type Row = Mapping[str, str | None]
type Planted = tuple[TableName, Row]

_MOST_ROWS = 4  # of a table, that are looked at
_MOST_DRAWN = 200  # sets of rows, without the server

_COLUMNS = """
SELECT n.nspname::text, c.relname::text, array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN unnest(%s::text[], %s::text[]) x (schema, name) ON n.nspname = x.schema AND c.relname = x.name
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Specimen:
    """Rows around one key, none of which is in the database.

    Attributes:
        key: the key.
        base: the parent, what it refers to, and what the child refers to; parents come first but in a cycle.
        parent: one of them, the row that is to be deleted.
        child: a row that refers to it, and is none of them.
        elsewhere: the same row as it refers to another parent or to none; None where there can be no such row.
        also: rows that ``elsewhere`` needs beside ``base``.
    """

    key: ForeignKey
    base: tuple[Planted, ...]
    parent: Row
    child: Row
    elsewhere: Row | None = None
    also: tuple[Planted, ...] = ()


class Specimens:
    """Finds them in a database of the harness' own, whose tables it fills and empties.

    Args:
        connection: in autocommit mode.
        database: the graph of the database.
        tables: those that may be needed.
        population: what rows they accept, for those that can't be filled without knowing it.
    """

    def __init__(
        self,
        connection: Connection,
        database: Graph,
        tables: Collection[TableName],
        population: Population | None = None,
    ) -> None:
        self._cursor = psycopg.Cursor(connection, row_factory=tuple_row)
        self._database = database
        self._population = population
        self._held: dict[TableName, list[Row]] = {}
        self.unfenced = self._may_unfence()
        self._fill(tables)
        schemas, names = [one.schema for one in tables], [one.name for one in tables]
        rows = self._cursor.execute(_COLUMNS, [schemas, names]).fetchall()
        self._columns = {TableName(schema, name): tuple(columns) for schema, name, columns in rows}

    def find(self, key: ForeignKey) -> Specimen | None:
        """Rows for ``key``; None where the tables can't be filled so."""
        pairs = [
            (parent, {**child, **_referring(key, parent)}, child)
            for child in self._rows(key.table)
            for parent in self._rows(key.parent)
            if None not in _referring(key, parent).values()
        ]
        for parent, child, origin in sorted(pairs, key=lambda pair: pair[1] != pair[2]):
            base = self._needed([(key.table, child), (key.parent, parent)], apart=(key.table, child))
            if base is not None and (key.table, origin) not in base and (key.parent, parent) in base:
                elsewhere, also = self._moved(key, child, (key.parent, parent), base)
                return Specimen(key, tuple(base), parent, child, elsewhere, also)
        return self._drawn(key)

    def _drawn(self, key: ForeignKey) -> Specimen | None:
        """The plainest rows of the population that show ``key``: where tables share columns, no two rows fit else."""
        if self._population is None or not {key.table, key.parent} <= {*self._population.tables}:
            return None
        drawn = self._population.rows([key.table, key.parent])
        rows = search(drawn, lambda rows: self._pair(key, rows) is not None, examples=_MOST_DRAWN)
        if rows is None:
            return None
        child, parent = self._pair(key, rows) or ({}, {})
        every = ((TableName(*name), row) for name, some in rows.items() for row in some)
        return Specimen(key, tuple(one for one in every if one[1] is not child), parent, child)

    def _pair(self, key: ForeignKey, rows: Mapping[tuple[str, str], Sequence[Row]]) -> tuple[Row, Row] | None:
        """A child to which no row refers, and its parent."""
        below = self._database.children(key.table)
        for child in rows[key.table]:
            free = not any(_refers(one, row, child) for one in below for row in rows.get(one.table, ()))
            for parent in rows[key.parent]:
                if free and parent is not child and _refers(key, child, parent):
                    return child, parent
        return None

    def sibling(self, specimen: Specimen, key: ForeignKey, parent: Row) -> Row | None:
        """A row of the table of ``key`` that is not in ``specimen``, refers to ``parent``, and needs nothing more."""
        taken = [row for table, row in (*specimen.base, (specimen.key.table, specimen.child)) if table == key.table]
        for row in self._rows(key.table):
            child = {**row, **_referring(key, parent)}
            needed = self._needed([(key.table, child)], apart=(key.table, child))
            fits = needed is not None and all(one in specimen.base for one in needed)
            if fits and row not in taken and child not in taken:
                return child
        return None

    def parent_of(self, key: ForeignKey, child: Row) -> Row | None:
        """The row that ``child`` refers to; None where it refers to none."""
        values = {name: child[own] for own, name in zip(key.columns, key.referenced, strict=True)}
        found = self._find(key.parent, values) if None not in values.values() else []
        return found[0] if found else None

    def clear(self) -> None:
        """Empty all tables: what was found is to be planted one by one."""
        names = [sql.Identifier(*name) for name, rows in self._held.items() if rows]
        if names:
            self._cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(names)))

    def planting(self, rows: Sequence[Planted], others: Iterable[TableName]) -> bytes:
        """The statements after which these tables hold ``rows`` and nothing else, no trigger having been fired."""
        tables = list(dict.fromkeys([*(table for table, _ in rows), *others]))
        if self.unfenced:
            begin = sql.SQL("BEGIN; SET LOCAL session_replication_role = replica; {}").format(
                sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(sql.Identifier(*table)) for table in tables)
            )
        else:
            names = sql.SQL(", ").join(sql.Identifier(*table) for table in tables)
            begin = sql.SQL("BEGIN; TRUNCATE {} CASCADE").format(names)
        inserts = [self.insert(table, row) for table, row in rows]
        return sql.SQL("; ").join([begin, *inserts, sql.SQL("COMMIT")]).as_bytes(self._cursor)

    def insert(self, table: TableName, row: Row) -> sql.Composed:
        """The INSERT of ``row``."""
        names = [name for name in self._columns[table] if name in row]
        return sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
            sql.Identifier(*table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(sql.Literal(row[name]) for name in names),
        )

    def condition(self, table: TableName, row: Row, columns: Sequence[str] = ()) -> sql.Composed | None:
        """The condition that names ``row`` by its primary key, or by ``columns``; None where it has neither."""
        names = self._database.tables[table].primary_key or columns
        if not names or any(row[name] is None for name in names):
            return None
        pairs = [sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(row[name])) for name in names]
        return sql.SQL(" AND ").join(pairs)

    def _may_unfence(self) -> bool:
        query = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        return self._cursor.execute(query).fetchone() == (True,)

    def _fill(self, tables: Collection[TableName]) -> None:
        connection = self._cursor.connection
        names = {(one.schema, one.name) for one in tables}
        filled = fill(connection, tables=names, rows=_MOST_ROWS)
        if filled.refused and self.unfenced:
            # A trigger may ask for rows in others' place; whether a row can be had at all, its own INSERT shows.
            connection.execute("SET session_replication_role = replica")
            fill(connection, tables=names, rows=_MOST_ROWS)
            connection.execute("RESET session_replication_role")

    def _rows(self, table: TableName) -> list[Row]:
        """Some rows of ``table``."""
        if table not in self._held:
            self._held[table] = self._find(table, {})
        return self._held[table]

    def _find(self, table: TableName, values: Row) -> list[Row]:
        columns = self._database.tables[table].columns
        ordered = told_columns(self._database, table)  # where rows lie says nothing
        texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in columns)
        pairs = [
            sql.SQL("{}::text = {}").format(sql.Identifier(name), sql.Literal(one)) for name, one in values.items()
        ]
        query = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {}").format(
            texts,
            sql.Identifier(*table),
            sql.SQL(" AND ").join(pairs) if pairs else sql.SQL("true"),
            sql.SQL(", ").join(sql.SQL("length({0}::text), {0}::text").format(sql.Identifier(one)) for one in ordered),
            sql.Literal(_MOST_ROWS),
        )
        return [dict(zip(columns, row, strict=True)) for row in self._cursor.execute(query)] if columns else []

    def _needed(self, rows: Sequence[Planted], apart: Planted) -> list[Planted] | None:
        """``rows`` but ``apart``, and all that they refer to; None where that is not there, or ``apart`` among it."""
        found: list[Planted] = []
        begun: list[Planted] = []

        def visit(table: TableName, row: Row) -> bool:
            begun.append((table, row))
            for key in self._database.parents(table):
                if any(row[name] is None for name in key.columns):
                    continue
                parent = self.parent_of(key, row)
                if parent is None or (key.parent, parent) == apart:
                    return False
                if (key.parent, parent) not in begun and not visit(key.parent, parent):
                    return False
            if (table, row) != apart:
                found.append((table, row))
            return True

        return found if all(visit(*one) for one in rows if one not in begun) else None

    def _moved(
        self, key: ForeignKey, child: Row, parent: Planted, base: Sequence[Planted]
    ) -> tuple[Row | None, tuple[Planted, ...]]:
        """``child`` where it does not refer to ``parent``, and what it needs there beside ``base``."""
        required = self._database.tables[key.table].required
        nothing: dict[str, str | None] = {name: None for name in key.columns if name not in required}
        candidates: list[dict[str, str | None]] = []
        if nothing and (not key.match_full or len(nothing) == len(key.columns)):
            candidates = [nothing]
        candidates += [_referring(key, row) for row in self._rows(key.parent) if row != parent[1]]
        for values in candidates:
            row = {**child, **values}
            needed = self._needed([(key.table, row)], apart=(key.table, row))
            if row != child and needed is not None and parent not in needed and (key.table, child) not in needed:
                return row, tuple(one for one in needed if one not in base)
        return None, ()


def above(graph: Graph, tables: Iterable[TableName]) -> Iterator[TableName]:
    """``tables`` and all that they refer to, directly and by way of others."""
    known: set[TableName] = set()
    waiting = list(tables)
    while waiting:
        if (table := waiting.pop()) not in known:
            known.add(table)
            yield table
            waiting += [key.parent for key in graph.parents(table)]


def _referring(key: ForeignKey, parent: Row) -> dict[str, str | None]:
    """What the columns of ``key`` hold in a row that refers to ``parent``."""
    return {own: parent[name] for own, name in zip(key.columns, key.referenced, strict=True)}


def _refers(key: ForeignKey, child: Row, parent: Row) -> bool:
    values = [child[name] for name in key.columns]
    return None not in values and values == [parent[name] for name in key.referenced]
