"""Strategies for schemas that are foreign keys above all, for rows in them, and for statements on these."""

from dataclasses import dataclass
from itertools import product

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from schemaproof.proofs.deletes.graph import Action, ForeignKey, Graph, Table, TableName
from schemaproof.proofs.deletes.oracle import Row

type Values = dict[str, str | None]
type Planted = dict[TableName, list[Values]]

SCHEMA = "s"
COLUMNS = ("id", "x", "y", "z")
# A few values, so that rows refer to each other, and lose it, by chance; NULL is the plainest.
VALUES: st.SearchStrategy[str | None] = st.sampled_from([None, "0", "1", "2"])
NUMBERS = st.sampled_from(["0", "1", "2", "3"])
UNIQUE = [("x",), ("y",), ("x", "y"), ("id", "x"), ("id", "y")]
SETTING = {Action.SET_NULL, Action.SET_DEFAULT}


def part(divisor: int) -> settings:
    """A part of the profile's examples: each makes tables, which takes 20 ms."""
    return settings(max_examples=max(10, settings().max_examples // divisor))


@dataclass(frozen=True)
class Step:
    """One statement: which one, on which table, on which of its rows (any number, modulo how many there are)."""

    verb: str
    table: TableName
    numbers: tuple[int, ...] = ()
    values: tuple[tuple[str, str | None], ...] = ()
    key: int | None = None


@st.composite
def graphs(draw: DrawFn, *, lists: bool = True) -> Graph:
    """Two to four tables with one to five keys; ``lists``: whether SET NULL may name columns (PostgreSQL 15).

    ``Graph({s.a: Table(...), s.b: Table(...)}, (s.b (x) -> s.a (id) ON DELETE CASCADE,))``
    """
    names = [TableName(SCHEMA, letter) for letter in "abcd"[: draw(st.integers(2, 4))]]
    tables = {name: draw(_tables(name)) for name in names}
    count = draw(st.integers(1, 5))
    keys = [draw(_keys(tables, f"k{number}", lists=lists)) for number in range(count)]
    return Graph(tables, tuple(keys))


@st.composite
def _tables(draw: DrawFn, name: TableName) -> Table:
    return Table(
        name,
        COLUMNS,
        required=frozenset({"id", *draw(st.sets(st.sampled_from(COLUMNS[1:]), max_size=2))}),
        primary_key=("id",),
        unique=(("id",), *draw(st.lists(st.sampled_from(UNIQUE), max_size=2, unique=True))),
        defaults={column: draw(VALUES) for column in COLUMNS},
    )


@st.composite
def _keys(draw: DrawFn, tables: dict[TableName, Table], name: str, *, lists: bool) -> ForeignKey:
    parent, table = draw(st.sampled_from([*tables])), draw(st.sampled_from([*tables]))
    referenced = tuple(draw(st.permutations(draw(st.sampled_from(tables[parent].unique)))))
    own = ("x", "y", "z", "id")
    columns = tuple(
        draw(st.lists(st.sampled_from(own), min_size=len(referenced), max_size=len(referenced), unique=True))
    )
    on_delete = draw(st.sampled_from(Action))
    listed = draw(st.lists(st.sampled_from(columns), min_size=1, unique=True)) if lists and draw(st.booleans()) else ()
    changed = tuple(one for one in columns if not listed or one in listed) if on_delete in SETTING else ()
    deferrable, deferred = draw(st.sampled_from([(False, False), (True, False), (True, True)]))
    return ForeignKey(
        table, columns, parent, referenced, name, on_delete, draw(st.sampled_from(Action)), changed,
        draw(st.booleans()), deferrable, deferred,
    )  # fmt: skip


@st.composite
def planted(draw: DrawFn, graph: Graph) -> Planted:
    """Up to four rows a table, which satisfy all keys.

    ``{s.a: [{"id": "0", "x": None, "y": None, "z": None}], s.b: []}``
    """
    rows: Planted = {}
    for name, table in graph.tables.items():
        ids = draw(st.integers(1, 4))
        rows[name] = [
            {one: draw(NUMBERS if one in table.required else VALUES) for one in COLUMNS[1:]} | {"id": str(number)}
            for number in range(ids)
        ]
    while _repaired(graph, rows):
        pass
    return rows


def _repaired(graph: Graph, rows: Planted) -> bool:
    """Whether something was wrong: then a reference has become NULL, or a row is gone."""
    for table in graph.tables.values():
        for columns, row in product(table.unique, list(rows[table.name])):
            same = [other for other in rows[table.name] if [other[c] for c in columns] == [row[c] for c in columns]]
            if len(same) > 1 and None not in [row[c] for c in columns]:
                rows[table.name].remove(same[-1])
                return True
    for key in graph.keys:
        for row in rows[key.table]:
            if violated(key, row, rows):
                _mend(graph, key, row, rows)
                return True
    return False


def _mend(graph: Graph, key: ForeignKey, row: Values, rows: Planted) -> None:
    nullable = [column for column in key.columns if column not in graph.tables[key.table].required]
    if not nullable or (key.match_full and len(nullable) < len(key.columns)):
        rows[key.table].remove(row)
    else:
        row.update(dict.fromkeys(nullable if key.match_full else nullable[:1]))


def violated(key: ForeignKey, row: Row, rows: Planted) -> bool:
    """Whether the row's reference is to nothing."""
    values = [row[column] for column in key.columns]
    if None in values:
        return key.match_full and any(value is not None for value in values)
    return values not in [[parent[column] for column in key.referenced] for parent in rows[key.parent]]


@st.composite
def steps(draw: DrawFn, graph: Graph) -> Step:
    """One statement; deletes are the most.

    ``Step("delete", s.a, (0,))``
    """
    verb = draw(st.sampled_from(["delete", "delete", "delete", "update", "update", "insert", "defer", "immediate"]))
    name = draw(st.sampled_from([*graph.tables]))
    kinds = {one: NUMBERS if one in graph.tables[name].required else VALUES for one in COLUMNS}
    if verb == "delete":
        return Step(verb, name, tuple(draw(st.lists(st.integers(0, 3), min_size=1, max_size=2, unique=True))))
    if verb == "update":
        columns = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=2, unique=True))
        return Step(verb, name, (draw(st.integers(0, 3)),), tuple((column, draw(kinds[column])) for column in columns))
    if verb == "insert":
        number = draw(st.sampled_from(["4", "5", "0"]))  # mostly none that is taken
        return Step(verb, name, (), (("id", number), *((column, draw(kinds[column])) for column in COLUMNS[1:])))
    return Step(verb, name, key=draw(st.sampled_from([None, *range(len(graph.keys))])))


@dataclass(frozen=True)
class Play:
    """A schema, its rows, and what is done with them."""

    graph: Graph
    rows: Planted
    steps: list[Step]


@st.composite
def plays(draw: DrawFn, *, lists: bool = True) -> Play:
    """All that one example is."""
    graph = draw(graphs(lists=lists))
    return Play(graph, draw(planted(graph)), draw(st.lists(steps(graph), min_size=2, max_size=6)))
