"""Rows of every kind that a table allows: what production has gathered, as far as definitions can tell."""

from collections.abc import Iterator, Mapping, Sequence

from schemaproof.rows.choices import Choices
from schemaproof.rows.statements import Row
from schemaproof.rows.tables import Table
from schemaproof.rows.types import Type, domains

_FIRST_OF_PART = 9  # the number of the first row that is like another one in a part of a key
_MOST_PARTS = 8
_FIRST = 20  # the number of the first row that is there for a label; the others have lower ones
_MOST_LABELS = 12  # of one column: enums have few, and each row costs each upgrade something
LATER = 200  # by how much the numbers of rows are others that are added to a table that has some

# Each like the third, but for one thing. What is unique differs too.
ORDINARY = (Row(0, sparse=False), Row(1, sparse=True), Row(2, sparse=False, own=True))
TWIN = Row(2, sparse=False, own=True, twin=1)
CHILD_OF_TWIN = Row(2, sparse=False, own=True, twin=2, parent=3)
LONG = Row(5, sparse=False, own=True, form="long")
UNATTACHED = Row(8, sparse=False, own=True, alone=True)
UPPER = Row(2, sparse=False, own=True, form="upper", twin=4)
BLANK = Row(2, sparse=False, own=True, form="blank", twin=5)


def labels(types: Mapping[int, Type], table: Table) -> list[Row]:
    """A row for each label of the table's enums, and for each value that a check lists."""
    choices = Choices(types, table)
    most = 0
    for column in table.columns.values():
        above = domains(types, column.type)
        kind = types.get(above[-1].base or 0) if above else types.get(column.type)
        listed = choices.listed(column)
        most = max(most, len(kind.labels) if kind and not listed else len(listed))
    return [
        Row(_FIRST + number, sparse=False, own=True, parent=number % 4)
        for number in range(min(most, _MOST_LABELS) if most > 1 else 0)
    ]


def twins_in_part(_types: Mapping[int, Type], table: Table) -> list[Row]:
    """For each column of a composite key a row that differs from the third in that column of it alone, if there can be.

    A key of fewer columns, or of others, refuses some of them.
    """
    found = dict.fromkeys(
        differing
        for columns in _unique_keys(table)
        if len(columns) > 1
        for column in columns
        if (differing := _fewest(table, columns, column)) is not None
    )
    return [
        Row(2, sparse=False, own=True, twin=_FIRST_OF_PART - 2 + number, differing=differing, parent=2)
        for number, differing in enumerate([*found][:_MOST_PARTS])
    ]


def _unique_keys(table: Table) -> Iterator[tuple[str, ...]]:
    """The columns of whatever is unique."""
    for _, rules in sorted(table.rules.items()):
        yield from (rule.columns for rule in rules if rule.unique)


def _fewest(table: Table, key: Sequence[str], column: str) -> frozenset[str] | None:
    """Columns, ``column`` the only one of its ``key`` among them, of which each other key has one; None: no such."""
    found = {column}
    for other in sorted(_unique_keys(table), key=len):
        if found.isdisjoint(other):
            apart = [name for name in other if name not in key and not table.columns[name].generated]
            if not apart:
                return None
            found.add(apart[0])
    return None if table.columns[column].generated else frozenset(found)


def varied(types: Mapping[int, Type], table: Table) -> Sequence[Row]:
    """All of them: with every column, with NULL wherever it may be, the same twice, with the children of both, ..."""
    return [
        *ORDINARY,
        TWIN,
        CHILD_OF_TWIN,
        UNATTACHED,
        LONG,
        UPPER,
        BLANK,
        *twins_in_part(types, table),
        *labels(types, table),
    ]
