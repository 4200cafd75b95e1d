"""The statements that put rows of several tables into a database in one round trip, and that read them back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json import JSONEncoder, loads
from typing import Any

type Row = Mapping[str, str | None]
"""Column -> the value's text as PostgreSQL reads it; None is NULL."""
type Rows = Mapping[tuple[str, str], Sequence[Row]]
"""Schema and name of a table -> its rows; parents need not come first."""

PLACE = ("tableoid", "ctid")
"""Where a row lies: in which table, for those that are partitioned or inherited from, and where there."""

NUMBER = '"schemaproof number"'
_encode = JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


@dataclass(frozen=True, eq=False)
class Written:
    """One table, as its statements are written.

    Attributes:
        printed: the type of each column that can be given a value, as the server prints it.
        json: those of type json or jsonb, or of a domain over one. Their text must be cast: a JSON string is a value.
        every: all columns, what is generated too.
        partitioned: whether it is a partitioned table.
    """

    name: tuple[str, str]
    printed: Mapping[str, str]
    json: frozenset[str]
    every: tuple[str, ...]
    partitioned: bool

    def source(self, document: str) -> str:
        """A subquery of the typed rows of a JSON document, their number as the last column, which has no good name."""
        if not self.printed:
            return f"(SELECT n AS {NUMBER} FROM json_array_elements({document}) WITH ORDINALITY e (v, n))"  # noqa: S608 (quoted)
        typed = ", ".join(f"{quote(n)} {'text' if n in self.json else kind}" for n, kind in self.printed.items())
        given = ", ".join(
            f"x.{quote(n)}::{kind} AS {quote(n)}" if n in self.json else f"x.{quote(n)}"
            for n, kind in self.printed.items()
        )
        names = ", ".join([*map(quote, self.printed), NUMBER])
        return (
            f"(SELECT {given}, x.{NUMBER}"  # noqa: S608 (quoted)
            f" FROM ROWS FROM (json_to_recordset({document}) AS ({typed})) WITH ORDINALITY x ({names}))"
        )

    def insert(self, document: str) -> str:
        """The INSERT of the rows of a JSON document."""
        names, target = ", ".join(map(quote, self.printed)), table_name(self.name)
        if not names:
            return f"INSERT INTO {target} SELECT FROM {self.source(document)} r"
        return (
            f"INSERT INTO {target} ({names}) OVERRIDING SYSTEM VALUE SELECT {names}"  # noqa: S608 (quoted)
            f" FROM {self.source(document)} r ORDER BY {NUMBER}"
        )

    def select(self) -> str:
        """A query of one JSON document: an array of the rows, each an array of where it lies and all columns."""
        read = ", ".join(f"r.{name}::text" for name in (*PLACE, *map(quote, self.every)))
        # No function takes more than 100 arguments; an array may have as many elements as a table has columns.
        only, order = ("", "r.tableoid, r.ctid") if self.partitioned else ("ONLY ", "r.ctid")
        rows = f"FROM {only}{table_name(self.name)} r"
        return f"SELECT coalesce(json_agg(ARRAY[{read}] ORDER BY {order}), '[]')::text {rows}"


def quote(name: str) -> str:
    """The identifier, quoted."""
    return '"' + name.replace('"', '""') + '"'


def table_name(name: tuple[str, str]) -> str:
    """Schema and name, quoted."""
    return ".".join(map(quote, name))


def document(rows: Sequence[Row]) -> str:
    """The rows as a JSON array of objects."""
    return _encode(rows)


def planting(tables: Sequence[Written]) -> str:
    """The statement that inserts rows into all ``tables``, parents first; its parameters are their documents, reversed.

    The server runs data-modifying parts that nothing reads in reverse order (nodeModifyTable.c, ExecInitModifyTable),
    which triggers see. Foreign keys are checked when all of them are done (manual, 7.8.4).
    """
    inserts = [one.insert(f"${number}::json") for number, one in enumerate(reversed(tables), 1)]
    parts = [f"p{n} AS ({statement})" for n, statement in enumerate(inserts)]
    return f"WITH {', '.join(parts)} SELECT"


def reading(tables: Sequence[Written]) -> str:
    """The query for all rows of ``tables``: one column each, a JSON document."""
    return "SELECT " + ", ".join(f"({one.select()})" for one in tables)


def rows_of(table: Written, text: str) -> list[dict[str, str | None]]:
    """The rows in a document of :func:`reading`."""
    names = (*PLACE, *table.every)
    found: list[list[Any]] = loads(text)
    return [dict(zip(names, values, strict=True)) for values in found]
