"""What a flush sends and gets."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, event


@dataclass
class Traffic:
    """What a flush sent and got.

    Attributes:
        statements: how many statements.
        sets: of how many sets of parameters (an executemany is one statement).
        rows: how many rows it fetched.
        missed: how many rows of the watched tables it meant to delete that were gone already.
    """

    statements: int = 0
    sets: int = 0
    rows: int = 0
    missed: int = 0

    @property
    def work(self) -> int:
        """One number that grows with each of them."""
        return self.statements + self.sets + self.rows

    def __str__(self) -> str:
        return f"{self.statements} statements with {self.sets} sets of parameters, {self.rows} rows read"


@contextmanager
def watched(connection: Connection, names: Collection[str]) -> Iterator[Traffic]:
    """What SQLAlchemy sends by ``connection`` in the block; rows of the tables with these names count as missed."""
    traffic = Traffic()

    def keep(_1: object, cursor: Any, _2: str, parameters: Any, context: Any, many: bool) -> None:
        sets = len(parameters) if many else 1
        traffic.statements += 1
        traffic.sets += sets
        traffic.rows += cursor.rowcount if cursor.description else 0
        if context.isdelete and context.compiled.statement.table.name in names and cursor.rowcount >= 0:
            traffic.missed += max(sets - cursor.rowcount, 0)

    event.listen(connection, "after_cursor_execute", keep)
    try:
        yield traffic
    finally:
        event.remove(connection, "after_cursor_execute", keep)
