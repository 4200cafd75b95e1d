"""Statements of all kinds on one database, and after each of them the oracle's rows beside the server's."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from hypothesis import note, reject
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from psycopg import sql
from psycopg.rows import tuple_row

from schemaproof.proofs.deletes.deletes import at, chosen, deletion, refusal
from schemaproof.proofs.deletes.graph import ForeignKey, Graph, TableName
from schemaproof.proofs.deletes.ground import ranking
from schemaproof.proofs.deletes.refusal import Refused, Why
from schemaproof.proofs.deletes.transaction import Row, Transaction
from schemaproof.rows.planting import PLACE
from schemaproof.rows.population import Population
from schemaproof.rows.population import Rows as Planted

_FOREIGN_KEY = {"23503", "23001"}
_NOT_NULL = "23502"
_NOT_DEFERRABLE = "42809"

type _Connection = psycopg.Connection[Any]


def state_machine(graph: Graph, population: Population, connection: _Connection) -> type[RuleBasedStateMachine]:
    """A state machine whose invariant is that the database equals the oracle after every step.

    Each run begins with drawn rows and is one transaction, which is rolled back. Its rules insert, delete, update
    keys, set savepoints and go back to them, let checks wait and make them. Only the columns by which
    rows refer to each other are compared. A refusal by a rule that no graph has (CHECK, EXCLUDE, a unique index of
    expressions) leaves the oracle's rows as they are too.

    Args:
        graph: what is to be true of the database: a model's graph with the database's order.
        population: what rows its tables accept.
        connection: not in autocommit mode; all runs share it, and each leaves it without a transaction.
    """
    names = [TableName(*name) for name in population.tables if TableName(*name) in graph.tables]
    tables, numbers = st.sampled_from(names), st.integers(0, 7)
    deferrable = [key for key in graph.keys if key.deferrable]

    class Cascades(RuleBasedStateMachine):
        @initialize(rows=population.rows(names, most=4), others=population.rows(names))
        def plant(self, rows: Planted, others: Planted) -> None:
            self.run = _Run(graph, population, connection, names)
            self.run.plant(rows, others)

        @rule(table=tables, some=st.lists(numbers, min_size=1, max_size=2, unique=True))
        def delete(self, table: TableName, some: list[int]) -> None:
            self.run.delete(table, some)

        @rule(table=tables, number=numbers, column=numbers, value=numbers)
        def update_key(self, table: TableName, number: int, column: int, value: int) -> None:
            self.run.update(table, number, column, value)

        @rule(table=tables, number=numbers)
        def insert(self, table: TableName, number: int) -> None:
            self.run.insert(table, number)

        @rule()
        def set_savepoint(self) -> None:
            self.run.savepoint()

        @precondition(lambda self: self.run.savepoints)
        @rule(number=numbers)
        def roll_back_to_savepoint(self, number: int) -> None:
            self.run.roll_back(number)

        @precondition(lambda _: bool(deferrable))
        @rule(number=numbers)
        def let_checks_wait(self, number: int) -> None:
            self.run.defer(deferrable[number % len(deferrable)])

        @rule()
        def check_all(self) -> None:
            self.run.check()

        @invariant()
        def database_equals_oracle(self) -> None:
            self.run.compare()

        def teardown(self) -> None:
            if hasattr(self, "run"):
                self.run.close()

    return Cascades


class _Run:
    """One transaction on the server, and the oracle's."""

    def __init__(
        self, graph: Graph, population: Population, connection: _Connection, tables: Sequence[TableName]
    ) -> None:
        self._graph, self._population, self._connection = graph, population, connection
        self._cursor = psycopg.Cursor(connection, row_factory=tuple_row)
        self._columns = {name: _referring(graph, name) for name in graph.tables}
        self._tables = tables
        self._known: dict[TableName, list[Row]] = {}
        self._said = Transaction(graph, {})
        self.savepoints: list[Transaction] = []

    def plant(self, rows: Planted, others: Planted) -> None:
        """Begin with ``rows``; of ``others`` there are only the values, as the server prints them."""
        try:
            self._cursor.execute("SAVEPOINT others")
            self._population.plant(self._cursor, others)
            spare = self._held()
            self._cursor.execute("ROLLBACK TO others")
            self._population.plant(self._cursor, rows)
        except psycopg.Error as error:  # a rule that the population could not learn
            refusal(error)
            reject()
        planted = self._held()
        shown = {str(name): [dict(row) for row in some] for name, some in planted.items() if some}
        note(f"rows: {shown}")
        self._said = Transaction(self._graph, planted)
        self._known = {
            name: [some[place] for some in (spare[name], planted[name]) for place in ranking(self._graph, name, some)]
            for name in self._tables
        }

    def delete(self, table: TableName, numbers: Sequence[int]) -> None:
        """Delete rows by their place in the oracle's table, modulo how many there are."""
        table, rows = self._filled(table)
        if places := chosen(self._graph, table, rows, numbers) if rows else None:
            query = deletion(table, self._found(table, [rows[place] for place in places]))
            self._do(query, lambda: self._said.delete([(table, place) for place in places]))

    def update(self, table: TableName, number: int, column: int, value: int) -> None:
        """Update one column by which rows refer to each other, to a value that it or what it refers to was given."""
        table, rows = self._filled(table)
        if not rows or not (names := self._columns[table]):
            return
        name, (place,) = names[column % len(names)], chosen(self._graph, table, rows, [number])
        values = self._values(table, name)
        changes = {name: values[value % len(values)]}
        query = sql.SQL("UPDATE {} t SET {} = {} WHERE {}").format(
            sql.Identifier(*table),
            sql.Identifier(name),
            sql.Literal(changes[name]),
            at("t", rows=self._found(table, [rows[place]])),
        )
        self._do(query, lambda: self._said.update((table, place), changes))

    def insert(self, table: TableName, number: int) -> None:
        """Insert one of the others, or a row that was planted, as it was then."""
        if rows := self._known[table]:
            row = rows[number % len(rows)]
            self._attempt(
                f"INSERT INTO {table}: {dict(row)}",
                lambda: self._population.plant(self._cursor, {table: [row]}),
                lambda: self._said.insert(table, row),
            )

    def savepoint(self) -> None:
        self._cursor.execute(f"SAVEPOINT s{len(self.savepoints)}".encode())
        self.savepoints.append(self._said.copy())

    def roll_back(self, number: int) -> None:
        """To any of the savepoints; those after it are gone."""
        place = number % len(self.savepoints)
        self._cursor.execute(f"ROLLBACK TO s{place}".encode())
        del self.savepoints[place + 1 :]
        self._said = self.savepoints[place].copy()

    def defer(self, key: ForeignKey) -> None:
        query = sql.SQL("SET CONSTRAINTS {} DEFERRED").format(sql.Identifier(key.table.schema, key.name))
        self._said.set_deferred([key])
        self._do(query, lambda: None)

    def check(self) -> None:
        self._do(sql.SQL("SET CONSTRAINTS ALL IMMEDIATE"), self._said.set_immediate)

    def compare(self) -> None:
        """Raise an AssertionError where the server holds other rows than the oracle."""
        found = self._population.read(self._cursor, self._tables)
        for name in self._tables:
            held, said = (self._shown(name, rows) for rows in (found[name], self._said.rows[name]))
            if held != said:
                raise AssertionError(f"{name} has {_text(held - said)} too many, {_text(said - held)} too few")

    def close(self) -> None:
        self._connection.rollback()

    def _do(self, query: sql.SQL | sql.Composed, say: Callable[[], Refused | None]) -> None:
        self._attempt(query.as_string(), lambda: self._cursor.execute(query), say)

    def _attempt(self, shown: str, do: Callable[[], object], say: Callable[[], Refused | None]) -> None:
        """Do it on both sides; raise an AssertionError where only one refuses, or each by another key."""
        note(shown)
        before, error = self._said.copy(), None
        said = say()
        # It is not released: what SET CONSTRAINTS did before a RELEASE, ROLLBACK TO an outer savepoint does not undo.
        self._cursor.execute("SAVEPOINT step")
        try:
            do()
        except psycopg.Error as refused:
            self._cursor.execute("ROLLBACK TO step")
            error = refused
        if error is not None and said is None and not self._concerned(error):
            self._said = before
        elif not _same(said, error):
            raise AssertionError(f"{shown}: the oracle says {said or 'it is done'}, the server {error or 'did it'}")

    def _concerned(self, error: psycopg.Error) -> bool:
        """Whether the refusal is by a rule that the graph knows."""
        table = TableName(error.diag.schema_name or "", error.diag.table_name or "")
        in_key = error.diag.column_name in self._columns.get(table, ())
        return error.sqlstate in {*_FOREIGN_KEY, _NOT_DEFERRABLE} or (error.sqlstate == _NOT_NULL and in_key)

    def _filled(self, table: TableName) -> tuple[TableName, list[Row]]:
        """The first table from this one on that has rows, with them."""
        place = self._tables.index(table)
        filled = [one for one in [*self._tables[place:], *self._tables[:place]] if self._said.rows[one]]
        return (filled[0], self._said.rows[filled[0]]) if filled else (table, [])

    def _held(self) -> dict[TableName, list[Row]]:
        found = self._population.read(self._cursor, self._tables)
        return {
            name: [{column: value for column, value in row.items() if column not in PLACE} for row in found[name]]
            for name in self._tables
        }

    def _found(self, table: TableName, rows: Sequence[Row]) -> list[Row]:
        """Rows of the server with the same references; rows that are alike in them are as good as each other."""
        held = list(self._population.read(self._cursor, [table])[table])
        names, found = self._columns[table] or self._graph.tables[table].columns, list[Row]()
        for row in rows:
            match = next(one for one in held if all(one[name] == row[name] for name in names))
            held.remove(match)
            found.append(match)
        return found

    def _values(self, table: TableName, column: str) -> list[str | None]:
        others = [
            (key.parent, key.referenced[key.columns.index(column)])
            for key in self._graph.parents(table)
            if column in key.columns
        ]
        given = [row[name] for one, name in [(table, column), *others] for row in self._known.get(one, ())]
        return list(dict.fromkeys([*given, None]))

    def _shown(self, table: TableName, rows: Sequence[Row]) -> Counter[tuple[tuple[str, str | None], ...]]:
        return Counter(tuple((name, row[name]) for name in self._columns[table]) for row in rows)


def _referring(graph: Graph, table: TableName) -> tuple[str, ...]:
    """The columns by which rows of a table refer, are referred to, and are told apart."""
    named = {*graph.tables[table].primary_key, *(name for key in graph.parents(table) for name in key.columns)}
    named |= {name for key in graph.children(table) for name in key.referenced}
    return tuple(name for name in graph.tables[table].columns if name in named)


def _same(said: Refused | None, error: psycopg.Error | None) -> bool:
    if said is None or error is None:
        return said is None and error is None
    if said.key is None or error.sqlstate not in _FOREIGN_KEY:
        # A rule that the graph does not have may be the first to refuse.
        return error.sqlstate not in _FOREIGN_KEY and (said.why is not Why.REQUIRED or error.sqlstate in said.sqlstates)
    return not said.key.name or said.key.name == error.diag.constraint_name


def _text(rows: Counter[tuple[tuple[str, str | None], ...]]) -> str:
    shown = [str(dict(row)) for row in rows.elements()]
    return ", ".join(shown) or "no row"
