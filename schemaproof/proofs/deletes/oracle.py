"""What PostgreSQL leaves of rows: worked out from the foreign keys alone, without a server."""

from collections.abc import Callable, Collection, Iterator
from itertools import chain, islice, permutations, product

from schemaproof.proofs.deletes.graph import ForeignKey, Graph, TableName
from schemaproof.proofs.deletes.refusal import Refused, Why
from schemaproof.proofs.deletes.transaction import Row, Rows, Transaction, UnknownDefaultError

__all__ = [
    "Refused",
    "Row",
    "Rows",
    "Transaction",
    "UnknownDefaultError",
    "Why",
    "delete",
    "depends_on_order",
    "insert",
    "update",
]

_ORDERS = 720  # firing orders that are tried: all of six keys to one table


def delete(graph: Graph, rows: Rows, targets: Collection[tuple[TableName, int]], *, own: bool = True) -> Rows | Refused:
    """What one ``DELETE`` and a COMMIT leave, or why one of them is refused; more in a :class:`Transaction`.

    Args:
        graph: the tables, and the keys in the order of their actions; some outcomes depend on it.
        rows: rows that satisfy all keys, in the order in which the server reads them.
        targets: table and index in ``rows[table]`` of those to delete, all of one table.
        own: whether the rows were written by the same transaction, as in a test that rolls back. PostgreSQL then checks
            references more often, and a few deletes are refused that succeed on rows which were committed before.

    Raises:
        ValueError: as :meth:`Transaction.delete`.
    """
    return _outcome(graph, rows, lambda one: one.delete(targets), own)


def update(
    graph: Graph, rows: Rows, target: tuple[TableName, int], changes: Row, *, own: bool = True
) -> Rows | Refused:
    """What one ``UPDATE`` of one row and a COMMIT leave, or why one is refused; arguments as for :func:`delete`."""
    return _outcome(graph, rows, lambda one: one.update(target, changes), own)


def insert(graph: Graph, rows: Rows, table: TableName, row: Row, *, own: bool = True) -> Rows | Refused:
    """What one ``INSERT`` of one row and a COMMIT leave, or why one is refused; arguments as for :func:`delete`."""
    return _outcome(graph, rows, lambda one: one.insert(table, row), own)


def depends_on_order(graph: Graph, rows: Rows, targets: Collection[tuple[TableName, int]]) -> bool:
    """Whether the outcome of a ``DELETE`` depends on what no model says.

    That is the order in which the keys were created, the order in which rows lie in their tables, and whether the
    rows were committed before. Refusals are all the same outcome. Of more than 720 orders of the keys, 720 are tried.
    """
    outcomes = {
        _comparable(delete(Graph(graph.tables, order), shown, chosen, own=own))
        for order in _orders(graph, {table for table, _ in targets})
        for shown, chosen in _turned(rows, targets)
        for own in (True, False)
    }
    return len(outcomes) > 1


def _outcome(graph: Graph, rows: Rows, statement: Callable[[Transaction], Refused | None], own: bool) -> Rows | Refused:
    transaction = Transaction(graph, rows, own=own)
    refused = statement(transaction)
    refused = refused or transaction.set_immediate()
    return transaction.rows if refused is None else refused


def _comparable(outcome: Rows | Refused) -> object:
    if isinstance(outcome, Refused):
        return Refused
    return frozenset((table, tuple(sorted(map(repr, map(_sorted, rows))))) for table, rows in outcome.items())


def _sorted(row: Row) -> list[tuple[str, str | None]]:
    return sorted(row.items())


def _turned(
    rows: Rows, targets: Collection[tuple[TableName, int]]
) -> Iterator[tuple[Rows, Collection[tuple[TableName, int]]]]:
    """The rows as they are, and in the opposite order."""
    yield rows, targets
    turned = {table: list(reversed(planted)) for table, planted in rows.items()}
    yield turned, [(table, len(rows[table]) - 1 - index) for table, index in targets]


def _orders(graph: Graph, tables: set[TableName]) -> Iterator[tuple[ForeignKey, ...]]:
    """The keys in all orders that can differ: of keys to different tables, the order says nothing."""
    reached, more = set(tables), set(tables)
    while more:
        more = {key.table for table in more for key in graph.children(table)} - reached
        reached |= more
    groups = [graph.children(table) for table in graph.tables if table in reached]
    rest = tuple(key for key in graph.keys if key.parent not in reached)
    orders = product(*(permutations(group) for group in groups))
    return ((*chain.from_iterable(order), *rest) for order in islice(orders, _ORDERS))
