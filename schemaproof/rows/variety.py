"""Rows of every kind that a table allows: what production has gathered, as far as definitions can tell."""

from collections.abc import Mapping, Sequence

from schemaproof.rows.choices import Choices
from schemaproof.rows.statements import Row
from schemaproof.rows.tables import Table
from schemaproof.rows.types import Type, domains

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


def varied(types: Mapping[int, Type], table: Table) -> Sequence[Row]:
    """All of them: with every column, with NULL wherever it may be, the same twice, with the children of both, ..."""
    return [*ORDINARY, TWIN, CHILD_OF_TWIN, UNATTACHED, LONG, UPPER, BLANK, *labels(types, table)]
