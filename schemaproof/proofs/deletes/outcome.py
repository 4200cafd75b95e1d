"""What became of rows, by whichever way they were deleted, and how that is told."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemaproof.figure import Grid
from schemaproof.proofs.deletes.graph import Graph, TableName
from schemaproof.proofs.deletes.ground import ranking, told_columns

_LONGEST = 60  # characters of a value that are shown

type Row = Mapping[str, str | None]
type Rows = Mapping[TableName, Sequence[Row]]


@dataclass(frozen=True)
class Refusal:
    """A delete that was refused, and changed nothing.

    Attributes:
        why: in the words of who refused it.
        constraint: the foreign key, where one refused; "" for anything else.
    """

    why: str
    constraint: str = ""


type Outcome = Rows | Refusal


def agree(graph: Graph, one: Outcome, other: Outcome) -> bool:
    """Whether both left the same rows, as far as keys tell them, or both refused."""
    if isinstance(one, Refusal) or isinstance(other, Refusal):
        return isinstance(one, Refusal) and isinstance(other, Refusal)
    return all(_counted(graph, name, one) == _counted(graph, name, other) for name in one)


def planted(graph: Graph, rows: Rows, *, whole: bool = False) -> Grid:
    """The table of each row, and the row by its keys or ``whole``: "public.child  id=1  parent_id=1"."""
    return Grid(
        (),
        tuple(
            (str(name), told(graph, name, held[place], whole=whole))
            for name, held in rows.items()
            for place in ranking(graph, name, held)
        ),
    )


def told(graph: Graph, table: TableName, row: Row, *, whole: bool = False) -> str:
    """A row by its keys or ``whole``: "id=1  parent_id=NULL"."""
    columns = graph.tables[table].columns if whole else told_columns(graph, table)
    return "  ".join(f"{column}={_shown(row[column])}" for column in columns)


def changes(graph: Graph, before: Rows, after: Outcome) -> str:
    """What became of the rows, in a few words: "refused: ..."; "deleted: ...; set to: ...; left: ..."."""
    if isinstance(after, Refusal):
        return f"refused: {after.why}"
    found = []
    for name, held in before.items():
        had, has = _counted(graph, name, before), _counted(graph, name, after)
        gone, new = had - has, has - had
        columns = told_columns(graph, name)
        found += [
            f"{_text(columns, key)} becomes {_text(columns, value)} in {name}" for key, value in _pairs(gone, new)
        ]
        rest = sum(gone.values()) - sum(new.values())
        if rest > 0:
            found.append(f"{name}: {rest} of {len(held)} deleted")
    return "; ".join(found) or "nothing changes"


type _Key = tuple[str | None, ...]


def _counted(graph: Graph, table: TableName, rows: Rows) -> Counter[_Key]:
    columns = told_columns(graph, table)
    return Counter(tuple(row[column] for column in columns) for row in rows.get(table, ()))


def _pairs(gone: Counter[_Key], new: Counter[_Key]) -> Iterator[tuple[_Key, _Key]]:
    """Which new row is which old one: the one that has most in common with it."""
    rest = list(gone.elements())
    for value in new.elements():
        if rest:
            best = max(rest, key=lambda one: sum(a == b for a, b in zip(one, value, strict=True)))
            rest.remove(best)
            yield best, value


def _text(columns: Sequence[str], key: _Key) -> str:
    return " ".join(f"{column}={_shown(value)}" for column, value in zip(columns, key, strict=True))


def _shown(value: str | None) -> str:
    """A value on one line: what is long is cut, what is no printable text is escaped."""
    if value is None:
        return "NULL"
    text = value if value.isprintable() and value else repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
