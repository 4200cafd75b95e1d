"""Rows and statements as the evidence of a finding."""

import re
from collections.abc import Iterable, Iterator, Sequence
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
_WORD = re.compile(r"[\w$]+")
_NAMING = ("columns", "definition", "predicate")  # where the catalog says which columns a constraint or an index is of


def statement(text: str) -> str:
    """A statement in one line, shortened."""
    line = " ".join(text.split())
    return f"statement: {line if len(line) <= _STATEMENT else line[:_STATEMENT] + ' ...'}"


def statements(found: Iterable[Write]) -> list[str]:
    """Each statement of them once."""
    return [statement(text) for text in dict.fromkeys(one.statement for one in found)]


def rows(table: Table, some: Sequence[Cells], heading: str, columns: Sequence[str] = ()) -> list[str | Grid]:
    """The first of ``some`` rows of ``table`` as a small table, its key first, then ``columns`` or all."""
    return _grid(table, some, heading, list(columns or table.columns)[:_COLUMNS], ())


def held(table: Table, some: Sequence[Cells], stairs: "Stairs", statement: str = "") -> list[str | Grid]:
    """As ``rows``, those columns first after the key that decide about the ``statement`` which fails.

    These are what the revision of ``stairs`` changes or puts a constraint or an index on, and what the statement names.
    """
    words = set(_WORD.findall(statement))
    named = [one for one in table.columns if one in words]
    deciding = [one for one in dict.fromkeys([*_changed_in(table, stairs), *named]) if one in table.columns]
    return _grid(table, some, "holds", deciding[:_COLUMNS], list(table.columns))


def _grid(
    table: Table, some: Sequence[Cells], heading: str, columns: Sequence[str], others: Sequence[str]
) -> list[str | Grid]:
    """The key and ``columns`` of the rows, and as many of ``others`` as there is room for."""
    shown = list(dict.fromkeys([*table.primary, *columns]))
    names = list(dict.fromkeys([*shown, *others]))[: max(_COLUMNS, len(shown))]
    cells = (tuple(_text(row.get(name)) for name in names) for row in some[:_ROWS])
    more = f" (the first {_ROWS} of {len(some)})" if len(some) > _ROWS else ""
    return [f"{table} {heading}{more}:", Grid(tuple(names), tuple(cells))]


def _changed_in(table: Table, stairs: "Stairs") -> Iterator[str]:
    """The columns of ``table`` that the revision changes, and those of its constraints and indexes."""
    sides = [catalog.objects for catalog in (stairs.first, stairs.before) if catalog is not None]
    for one in stairs.changed:
        identity = one.identity
        if (identity.schema, identity.parent) != table.name:
            continue
        if identity.kind == "column":
            yield identity.name
        attributes = next((objects[identity] for objects in sides if identity in objects), {})
        if identity.kind in {"constraint", "index"}:
            words = set(_WORD.findall(" ".join(str(attributes.get(name) or "") for name in _NAMING)))
            yield from (name for name in table.columns if name in words)


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
