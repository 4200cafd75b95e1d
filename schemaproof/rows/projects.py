"""What a project itself says about the values of its columns, as strategies."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from json import dumps
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from schemaproof.rows.choices import Choice
from schemaproof.rows.edges import quoted
from schemaproof.rows.filling import RowsOf
from schemaproof.rows.homeless import homeless
from schemaproof.rows.statements import Row
from schemaproof.rows.tables import Column, Table
from schemaproof.rows.types import Type

_EXAMPLES = 60  # of a strategy: enough that a column gets different values, few enough to be tried on the server


def collected[T](strategy: SearchStrategy[T], count: int = _EXAMPLES) -> list[T]:
    """Some examples of the strategy, the simplest first; the same ones whenever it is the same strategy."""
    found: list[T] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: T) -> None:
        found.append(value)

    with homeless():
        collect()
    return found


def given_by(
    strategies: Mapping[str, SearchStrategy[Any]], tables: Iterable[Table], types: Mapping[int, Type]
) -> tuple[dict[tuple[int, str], list[str | None]], dict[int, list[dict[str, str | None]]]]:
    """Values by the table's oid and the column's name, and rows by the table's oid.

    Raises:
        ValueError: for a key or a column that is not there.
    """
    values: dict[tuple[int, str], list[str | None]] = {}
    rows: dict[int, list[dict[str, str | None]]] = {}
    columns = {f"{table}.{name}": (table, name) for table in tables for name in table.columns}
    whole = {str(table): table for table, _ in columns.values()}
    for key, strategy in strategies.items():
        if key in whole:
            rows[whole[key].oid] = _rows(key, whole[key], types, collected(strategy))
        elif key in columns:
            table, name = columns[key]
            values[table.oid, name] = list(
                dict.fromkeys(_text(types, table.columns[name], one) for one in collected(strategy))
            )
        else:
            raise ValueError(
                f"strategies has a key {key!r}, but there is no such table or column:"
                f' write "schema.table.column" or "schema.table", such as {next(iter(columns), "public.users.email")!r}'
            )
    return values, rows


class Drawn:
    """What the project says about columns, for rows of tables as they are between two of its revisions.

    A key that names no column of that moment is about another one: what is wrong in all is told of head.

    Args:
        strategies: by "schema.table.column", or rows by "schema.table".
    """

    def __init__(self, strategies: Mapping[str, Any]) -> None:
        self._strategies = strategies
        self._drawn: dict[str, list[Any]] = {}

    def within(self, rows: RowsOf) -> RowsOf:
        """``rows`` with what the project says in them."""
        return lambda types, table: [
            replace(row, changes={**self._changes(types, table, row), **row.changes}) for row in rows(types, table)
        ]

    def _changes(self, types: Mapping[int, Type], table: Table, row: Row) -> dict[str, Choice]:
        """What the columns of ``row`` are given; in a sparse one only those that can't be NULL."""
        found: dict[str, object] = {}
        if str(table) in self._strategies:
            found |= self._one(str(table), row.number + row.twin)
        for name in table.columns:
            if (key := f"{table}.{name}") in self._strategies:
                found[name] = self._one(key, row.number_in(table, name))
        given = {name: table.columns[name] for name in found if name in table.columns}
        wanted = (name for name, one in given.items() if one.required or not row.sparse)
        return {name: _text(types, table.columns[name], found[name]) for name in wanted}

    def _one(self, key: str, number: int) -> Any:
        if key not in self._drawn:
            values: list[Any] = []
            for one in collected(self._strategies[key]):
                if one not in values:
                    values.append(one)
            self._drawn[key] = values
        return self._drawn[key][number % len(self._drawn[key])]


def _rows(key: str, table: Table, types: Mapping[int, Type], found: list[Any]) -> list[dict[str, str | None]]:
    names = list(dict.fromkeys(name for one in found for name in one))
    for one in found:
        if set(one) != set(names) or not set(one) <= table.columns.keys():
            raise ValueError(
                f"strategies[{key!r}] gives {one!r}: each of its dicts must have the same keys, columns of {table}"
            )
    return [{name: _text(types, table.columns[name], one[name]) for name in names} for one in found]


def _text(types: Mapping[int, Type], column: Column, value: object) -> str | None:
    """The value's text, as PostgreSQL reads it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    kind = types.get(column.type)
    if isinstance(value, list) and kind and kind.element:
        inner = [_text(types, column, one) for one in value]
        if any(isinstance(one, list) for one in value):
            return "{" + ",".join(map(str, inner)) + "}"
        return "{" + (kind.delimiter or ",").join("NULL" if one is None else quoted(one) for one in inner) + "}"
    return dumps(value) if isinstance(value, dict | list) else str(value)
