"""A transaction worked out: statements on rows that are plain values, with all that foreign keys do about them.

What is modelled is in the manual (5.5.5 Foreign Keys, CREATE TABLE, SET CONSTRAINTS) only in part. The rest is what the
server's sources say, ``ri_triggers.c`` and ``trigger.c``:

- For each row that a statement changes, events are queued in the order of the triggers' names: first the actions of the
  keys that refer to the row, then the checks of its own keys. They are fired when the statement has changed all rows.
- An action's own query has no queue of its own: its events go to the end of the same one. So a cascade is worked
  through in breadth, not in depth.
- An event is not queued where a key does not change, or is NULL. One exception: a reference is checked again by every
  update of a row that the same transaction wrote.
- Only checks and NO ACTION wait for the end of the transaction; the other actions never do.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple, Self

from schemaproof.proofs.deletes.graph import Action, ForeignKey, Graph, TableName
from schemaproof.proofs.deletes.refusal import Refused, Why

type Row = Mapping[str, str | None]  # column: the value's text as the server prints it, None is NULL
type Rows = Mapping[TableName, Sequence[Row]]
type _Values = tuple[str | None, ...]


class UnknownDefaultError(ValueError):
    """A default is needed that the graph does not have."""

    def __init__(self, table: TableName, column: str) -> None:
        super().__init__(
            f"what SET DEFAULT writes into {column} of {table} is not known: take the graph's defaults from a database "
            "(with_order), or give the column a default that is the same at every call"
        )


class _Refusal(Exception):  # noqa: N818  # it carries a value, and no caller sees it
    def __init__(self, refused: Refused) -> None:
        super().__init__(str(refused))
        self.refused = refused


class _Version(NamedTuple):
    """A row as one statement left it. ``own``: written by this transaction."""

    row: Row
    own: bool


@dataclass(frozen=True)
class _Check:
    """The check that a row's reference is to a row."""

    key: ForeignKey
    number: int

    @property
    def waits(self) -> bool:
        return True


@dataclass(frozen=True)
class _Fired:
    """The action of a key, for a row that was referred to; ``new`` is None where it was deleted."""

    key: ForeignKey
    old: _Values
    new: _Values | None

    @property
    def action(self) -> Action:
        return self.key.on_delete if self.new is None else self.key.on_update

    @property
    def waits(self) -> bool:
        return self.action is Action.NO_ACTION


class Transaction:
    """Rows, and the statements of one transaction on them.

    A statement that is refused leaves nothing behind, as behind a savepoint. Rows are numbered per table from 0 in the
    order in which the server meets them when it reads the whole table: a row that was updated is the last.
    """

    def __init__(self, graph: Graph, rows: Rows, *, own: bool = True) -> None:
        """Begin with ``rows``, which satisfy all keys.

        Args:
            graph: the tables, and the keys in the order of their actions.
            rows: table by table; a table that is not named has none. Of a row only the columns of keys and of unique
                constraints are needed; all are kept.
            own: whether the transaction itself wrote the rows. PostgreSQL then checks references more often.
        """
        self.graph = graph
        self._numbers = 0
        self._tables: dict[TableName, dict[int, _Version]] = {name: {} for name in graph.tables}
        self._queue: deque[_Check | _Fired] = deque()
        self._pending: list[_Check | _Fired] = []
        self._deferred = {key for key in graph.keys if key.deferred}
        for table, planted in rows.items():
            for row in planted:
                self._add(table, row, own=own)

    @property
    def rows(self) -> dict[TableName, list[Row]]:
        """All rows as they are now, for each of the graph's tables."""
        return {name: [version.row for version in versions.values()] for name, versions in self._tables.items()}

    def copy(self) -> Self:
        """Another transaction in the same state: a savepoint is a copy to come back to."""
        other = copy(self)
        other._tables = {name: dict(versions) for name, versions in self._tables.items()}
        other._queue, other._pending, other._deferred = deque(), list(self._pending), set(self._deferred)
        return other

    def delete(self, targets: Collection[tuple[TableName, int]]) -> Refused | None:
        """``DELETE`` of these rows, all of one table, in one statement; why it is refused, None where it is not.

        Raises:
            ValueError: if the rows are of several tables.
            IndexError: if there is no such row.
            UnknownDefaultError: if SET DEFAULT needs what the graph does not have.
        """
        if len({table for table, _ in targets}) > 1:
            raise ValueError("one DELETE is of one table's rows: delete the rows of each table by a statement")
        numbers = sorted(self._number(table, index) for table, index in targets)
        table = next((table for table, _ in targets), None)
        return self._statement(lambda: self._delete(table, numbers) if table else None)

    def update(self, target: tuple[TableName, int], changes: Row) -> Refused | None:
        """``UPDATE`` of one row's columns; otherwise as :meth:`delete`."""
        table, number = target[0], self._number(*target)
        return self._statement(lambda: self._update(table, [number], changes))

    def insert(self, table: TableName, row: Row) -> Refused | None:
        """``INSERT`` of one row; columns that it does not have get their default, or NULL where it is not known."""
        known = self.graph.tables[table]
        full = {name: row[name] if name in row else known.defaults.get(name) for name in known.columns} | dict(row)
        return self._statement(lambda: self._insert(table, full))

    def set_deferred(self, keys: Iterable[ForeignKey] | None = None) -> None:
        """``SET CONSTRAINTS ... DEFERRED`` for these keys, or for all; what is not deferrable stays as it is."""
        self._deferred |= {key for key in (self.graph.keys if keys is None else keys) if key.deferrable}

    def set_immediate(self, keys: Iterable[ForeignKey] | None = None) -> Refused | None:
        """``SET CONSTRAINTS ... IMMEDIATE`` for these keys, or for all: what waits for them is checked now.

        Where that is refused, nothing is changed. For all keys it says what COMMIT says.
        """
        chosen = set(self.graph.keys if keys is None else keys)

        def run() -> None:
            self._deferred -= chosen
            self._queue.extend(event for event in self._pending if event.key in chosen)
            self._pending = [event for event in self._pending if event.key not in chosen]

        return self._statement(run)

    def _statement(self, run: Callable[[], None]) -> Refused | None:
        before = self.copy()
        try:
            run()
            while self._queue:
                event = self._queue.popleft()
                if event.waits and event.key in self._deferred:
                    self._pending.append(event)
                else:
                    self._fire(event)
        except Exception as error:
            self.__dict__.update(before.__dict__)
            if isinstance(error, _Refusal):
                return error.refused
            raise
        return None

    def _fire(self, event: _Check | _Fired) -> None:
        if isinstance(event, _Check):
            self._check(event)
            return
        key, action = event.key, event.action
        if action in {Action.NO_ACTION, Action.RESTRICT}:
            self._refuse_if_referenced(event)
            return
        numbers = list(self._referring(event))
        if action is Action.CASCADE and event.new is None:
            self._delete(key.table, numbers)
        elif action is Action.CASCADE:
            self._update(key.table, numbers, dict(zip(key.columns, event.new or (), strict=True)))
        else:
            # A list of columns is for deletes only.
            columns = (key.set_columns or key.columns) if event.new is None else key.columns
            self._update(key.table, numbers, {name: self._written(action, key.table, name) for name in columns})
        if action is Action.SET_DEFAULT:
            # Rows that had the default's values before refer to the lost row still. This is no deferrable check.
            self._refuse_if_referenced(event)

    def _written(self, action: Action, table: TableName, column: str) -> str | None:
        if action is Action.SET_NULL:
            return None
        try:
            return self.graph.tables[table].defaults[column]
        except KeyError:
            raise UnknownDefaultError(table, column) from None

    def _check(self, event: _Check) -> None:
        key, version = event.key, self._tables[event.key.table].get(event.number)
        if version is None:  # changed again or deleted since: then that has its own check
            return
        values = _values(version.row, key.columns)
        if None not in values:
            if not self._find(key.parent, key.referenced, values):
                raise _Refusal(Refused(Why.MISSING, key.table, key.columns, key))
        elif key.match_full and any(value is not None for value in values):
            raise _Refusal(Refused(Why.MIXED, key.table, key.columns, key))

    def _refuse_if_referenced(self, event: _Fired) -> None:
        key, restricted = event.key, event.action is Action.RESTRICT
        # Another row may have the key by now; RESTRICT does not look for one.
        if not restricted and self._find(key.parent, key.referenced, event.old):
            return
        if any(True for _ in self._referring(event)):
            why = Why.RESTRICTED if restricted else Why.REFERENCED
            raise _Refusal(Refused(why, key.table, key.columns, key))

    def _referring(self, event: _Fired) -> Iterator[int]:
        key = event.key
        versions = self._tables[key.table].items()
        return (number for number, version in versions if _values(version.row, key.columns) == event.old)

    def _find(self, table: TableName, columns: Sequence[str], values: _Values) -> bool:
        return any(_values(version.row, columns) == values for version in self._tables[table].values())

    def _number(self, table: TableName, index: int) -> int:
        return list(self._tables[table])[index]

    def _add(self, table: TableName, row: Row, *, own: bool) -> int:
        self._numbers += 1
        self._tables[table][self._numbers] = _Version(row, own)
        return self._numbers

    def _insert(self, table: TableName, row: Row) -> None:
        self._validate(table, row, self.graph.tables[table].columns)
        number = self._add(table, row, own=True)
        self._queue.extend(_Check(key, number) for key in self.graph.parents(table))

    def _delete(self, table: TableName, numbers: Iterable[int]) -> None:
        for number in numbers:
            version = self._tables[table].pop(number)
            for key in self.graph.children(table):
                old = _values(version.row, key.referenced)
                if None not in old:
                    self._queue.append(_Fired(key, old, None))

    def _update(self, table: TableName, numbers: Iterable[int], changes: Row) -> None:
        for number in numbers:
            before = self._tables[table].pop(number)
            row = {**before.row, **changes}
            self._validate(table, row, changes)
            after = self._add(table, row, own=True)
            self._queue_update(table, before, row, after)

    def _queue_update(self, table: TableName, before: _Version, row: Row, number: int) -> None:
        for key in self.graph.children(table):
            old, new = _values(before.row, key.referenced), _values(row, key.referenced)
            if None not in old and old != new:
                self._queue.append(_Fired(key, old, new))
        for key in self.graph.parents(table):
            old, new = _values(before.row, key.columns), _values(row, key.columns)
            mixed = None in new and any(value is not None for value in new)
            if (key.match_full and mixed) or (None not in new and (before.own or old != new)):
                self._queue.append(_Check(key, number))

    def _validate(self, table: TableName, row: Row, changed: Collection[str]) -> None:
        """Refuse NULL where it is, and the values that another row has; the server does so row by row."""
        known = self.graph.tables[table]
        for name in known.columns:
            if name in known.required and name in changed and row[name] is None:
                raise _Refusal(Refused(Why.REQUIRED, table, (name,)))
        for columns in known.unique:
            values = _values(row, columns) if any(name in changed for name in columns) else (None,)
            if None not in values and self._find(table, columns, values):
                raise _Refusal(Refused(Why.DUPLICATE, table, columns))


def _values(row: Row, columns: Sequence[str]) -> _Values:
    return tuple([row[name] for name in columns])
