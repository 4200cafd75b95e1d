"""What a finding shows beside its words, as values: tables, and foreign keys that a delete follows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        head: what the columns are called; () for rows without heads.
        rows: the cells, as many in each row.
        wrong: the places, row and column from 0, of the cells that the finding is about.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    wrong: tuple[tuple[int, int], ...] = ()

    def lines(self) -> list[str]:
        """It as text, a line for each row, in columns."""
        every = [*([self.head] if self.head else []), *self.rows]
        widths = [max(map(len, column)) for column in zip(*every, strict=True)]
        return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in every]


@dataclass(frozen=True)
class Link:
    """A foreign key, as a delete follows it.

    Attributes:
        parent: the table whose rows are deleted, as "schema.name".
        child: the one that refers to them.
        columns: of the child.
        action: what the key does then, as "ON DELETE" names it: "CASCADE".
        meant: whether the finding is about it.
    """

    parent: str
    child: str
    columns: tuple[str, ...]
    action: str
    meant: bool = False


def grid(told: Mapping[str, Any]) -> Grid:
    """The grid that was told as JSON."""
    return Grid(tuple(told["head"]), *(tuple(map(tuple, told[name])) for name in ("rows", "wrong")))


def link(told: Mapping[str, Any]) -> Link:
    """The link that was told as JSON."""
    return Link(**{**told, "columns": tuple(told["columns"])})


def drawn(evidence: str | Iterable[str | Grid]) -> tuple[str, tuple[Grid, ...]]:
    """``evidence`` as text, and the grids in it; one below a line with a colon is indented."""
    if isinstance(evidence, str):
        return evidence, ()
    lines: list[str] = []
    grids: list[Grid] = []
    for part in evidence:
        if isinstance(part, str):
            lines.append(part)
        else:
            indent = "  " if lines and lines[-1].endswith(":") else ""
            lines += [f"{indent}{line}" for line in part.lines()]
            grids.append(part)
    return "\n".join(lines), tuple(grids)
