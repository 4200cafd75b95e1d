"""Rows and statements as the evidence of a finding."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from schemaproof.figure import Grid
from schemaproof.migration.lines.quoting import quoted as sql_quoted
from schemaproof.proofs.data.snapshot import Cells, Name, Table
from schemaproof.proofs.data.writes import Write

if TYPE_CHECKING:
    from schemaproof.migration.stairway import Stairs

_ROWS = 3
_COLUMNS = 6
_WIDTH = 32  # characters of a value
_STATEMENT = 200  # characters


def statement(text: str) -> str:
    """A statement in one line, shortened."""
    line = " ".join(text.split())
    return f"statement: {line if len(line) <= _STATEMENT else line[:_STATEMENT] + ' ...'}"


def statements(found: Iterable[Write]) -> list[str]:
    """Each statement of them once."""
    return [statement(text) for text in dict.fromkeys(one.statement for one in found)]


def rows(table: Table, some: Sequence[Cells], heading: str, columns: Sequence[str] = ()) -> list[str | Grid]:
    """The first of ``some`` rows of ``table`` as a small table, its key first, then ``columns`` or all."""
    names = list(dict.fromkeys([*table.primary, *(columns or table.columns)]))[:_COLUMNS]
    cells = (tuple(_text(row.get(name)) for name in names) for row in some[:_ROWS])
    more = f" (the first {_ROWS} of {len(some)})" if len(some) > _ROWS else ""
    return [f"{table} {heading}{more}:", Grid(tuple(names), tuple(cells))]


def held(table: Table, some: Sequence[Cells], stairs: "Stairs") -> list[str | Grid]:
    """As ``rows``, those columns first which the revision of ``stairs`` changes."""
    those = [
        one.identity.name
        for one in stairs.changed
        if one.identity.kind == "column" and (one.identity.schema, one.identity.parent) == table.name
    ]
    return rows(table, some, "holds", [*(one for one in those if one in table.columns), *table.columns])


def changed(
    table: Table,
    column: str,
    pairs: Sequence[tuple[Cells, str | None, str | None]],
    heads: tuple[str, str] = ("before", "after"),
) -> list[str | Grid]:
    """A small table of what was and is in ``column``: the row before, and both values under ``heads``."""
    key = [name for name in table.primary if name != column] or [name for name in table.columns if name != column][:1]
    names = [*key[:2], f"{column} {heads[0]}", heads[1]]
    cells = ((*(_text(row[one]) for one in key[:2]), _text(was), _text(now)) for row, was, now in pairs[:_ROWS])
    more = f" (the first {_ROWS} of {len(pairs)})" if len(pairs) > _ROWS else ""
    return [f"{table}{more}:", Grid(tuple(names), tuple(cells))]


def _text(value: str | None) -> str:
    if value is None:
        return "NULL"
    shown = value if value.strip() == value and value else repr(value)
    return shown if len(shown) <= _WIDTH else shown[: _WIDTH - 3] + "..."


def quoted(table: Table) -> str:
    """The table's name for SQL: with its schema where that is not public."""
    return quoted_name(table.name)


def quoted_name(name: Name) -> str:
    """As ``quoted``, of a name alone."""
    parts = name[1:] if name[0] == "public" else name
    return sql_quoted(*parts)


def identifier(name: str) -> str:
    """A name for SQL, quoted where it must be."""
    return sql_quoted(name)
