"""Small schemas in which each statement is done twice, by the oracle and by the server, which have to agree."""

from schemaproof.proofs.deletes.graph import Graph, TableName
from schemaproof.proofs.deletes.oracle import Refused, Row, Rows, Transaction, Why, depends_on_order
from schemaproof.proofs.deletes.reading import read_graph
from tests.schemaproof.proofs.deletes import server
from tests.schemaproof.proofs.deletes.server import Connection

# Table: its rows, with their columns in order.
type Held = dict[str, list[tuple[int | None, ...]]]


class World:
    """One schema; it is gone when the transaction that it is made in ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.graph = Graph({}, ())
        self.transaction = Transaction(self.graph, {})

    def make(self, ddl: str, **rows: list[tuple[int | None, ...]]) -> None:
        """Make tables with rows in them, which the same transaction writes."""
        self._connection.execute(f"CREATE SCHEMA s; SET LOCAL search_path = s; {ddl}".encode())
        self.graph = read_graph(self._connection)
        planted = {_name(table): [self._row(table, row) for row in some] for table, some in rows.items()}
        self._connection.execute(f"{server.plant(planted)}; {server.checked(self.graph)}".encode())
        self.transaction = Transaction(self.graph, planted)

    def commit(self) -> None:
        """Begin another transaction on the same rows."""
        self._connection.execute("COMMIT; BEGIN")
        self.transaction = Transaction(self.graph, self.transaction.rows, own=False)

    def delete(self, table: str, *ids: int) -> Held | Why:
        """Delete the rows with these ids in one statement: what is left, or why it is refused."""
        targets = self._targets(table, ids)
        rows = [self.transaction.rows[name][index] for name, index in targets]
        return self._agreed(server.delete_statement(_name(table), rows), self.transaction.delete(targets))

    def update(self, table: str, number: int, **changes: int | None) -> Held | Why:
        """Update the row with this id."""
        (target,) = self._targets(table, [number])
        texts = {column: _text(value) for column, value in changes.items()}
        statement = server.update_statement(_name(table), {"id": str(number)}, texts)
        return self._agreed(statement, self.transaction.update(target, texts))

    def insert(self, table: str, *values: int | None) -> Held | Why:
        """Insert one row."""
        row = self._row(table, values)
        return self._agreed(server.insert_statement(_name(table), row), self.transaction.insert(_name(table), row))

    def defer(self) -> None:
        """Let all checks wait that can."""
        self._connection.execute("SET CONSTRAINTS ALL DEFERRED")
        self.transaction.set_deferred()

    def check(self) -> Held | Why:
        """What COMMIT would check."""
        return self._agreed("SET CONSTRAINTS ALL IMMEDIATE", self.transaction.set_immediate())

    def depends_on_order(self, table: str, number: int) -> bool:
        """Whether another order of the keys leads elsewhere."""
        return depends_on_order(self.graph, self.transaction.rows, self._targets(table, [number]))

    def _targets(self, table: str, ids: tuple[int, ...] | list[int]) -> list[tuple[TableName, int]]:
        rows = self.transaction.rows[_name(table)]
        return [(_name(table), index) for index, row in enumerate(rows) if row["id"] in [str(one) for one in ids]]

    def _row(self, table: str, values: tuple[int | None, ...]) -> Row:
        return dict(zip(self.graph.tables[_name(table)].columns, map(_text, values), strict=True))

    def _agreed(self, statement: str, refused: Refused | None) -> Held | Why:
        said: Rows | Refused = refused or self.transaction.rows
        done = server.execute(self._connection, self.graph, statement)
        assert server.same(said, done), f"{statement}: {said} is not {done}"
        return said.why if isinstance(said, Refused) else {table.name: _tuples(rows) for table, rows in said.items()}


def _tuples(rows: object) -> list[tuple[int | None, ...]]:
    assert isinstance(rows, list)
    return [tuple(None if value is None else int(value) for value in row.values()) for row in rows]


def _name(table: str) -> TableName:
    return TableName("s", table)


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)
