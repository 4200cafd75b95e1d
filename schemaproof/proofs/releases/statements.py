"""What the older release sends, derived from its schema: a statement of each kind for each table, column and value."""

# ruff: noqa: S608 (these are the statements: names and values are quoted where they are put in)

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from schemaproof.migration.lines.quoting import quoted
from schemaproof.proofs.releases.affected import Affected, Name
from schemaproof.proofs.releases.literals import Literals
from schemaproof.proofs.releases.samples import Cells, Relation, Sample
from schemaproof.rows.choices import Choices
from schemaproof.rows.forms import formed
from schemaproof.rows.tables import Column, Rule, Table
from schemaproof.rows.variety import LATER

type Verb = Literal["read", "compare", "insert", "update", "delete"]

_MOST_VALUES = 12  # labels of an enum, values that a check lists
_MOST_TRIED = 24  # values of a column that something was changed for
# What checks are about beside what they mention: nothing, hardly anything, and more or less than any other column has.
_AT_THE_EDGE = {
    "S": ("", "a"),
    "N": ("0", "-1", "1", "999"),
    "D": ("1900-01-01", "2900-01-01"),
    "B": ("true", "false"),
}


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes:
        relation: the table or view that it is sent for.
        verb: what it does.
        text: its SQL.
        columns: those of the relation that it names.
        what: what is peculiar of it, in words that go on from "can't insert into orders"; "" for nothing.
        column: the one whose value it is about; "" where it is about none or several.
        key: the columns of ON CONFLICT.
    """

    relation: Name
    verb: Verb
    text: str
    columns: tuple[str, ...] = ()
    what: str = ""
    column: str = ""
    key: tuple[str, ...] = ()


def reads(relation: Relation, suspicious: Collection[str]) -> Iterator[Statement]:
    """SELECT of all columns, and of each that something was changed for by itself."""
    names = list(relation.columns)
    for some in [names, *([name] for name in names if name in suspicious and len(names) > 1)]:
        text = f"SELECT {_list(some) or '1'} FROM {quoted(*relation.name)}"
        yield Statement(relation.name, "read", text, tuple(some))


class Written:
    """The statements that write to one table, or compare its columns with values.

    Args:
        sample: the table.
        literals: how values are written.
        affected: what was changed.
    """

    def __init__(self, sample: Sample, literals: Literals, affected: Affected) -> None:
        self._sample, self._literals, self._affected = sample, literals, affected
        self._table: Table = sample.table
        self._name: Name = (sample.table.schema, sample.table.name)
        self._suspicious = affected.relations[self._name]
        self._free = [one for one in self._table.columns.values() if not one.generated]
        self._choices = Choices(literals.types, self._with_new_checks())

    def statements(self) -> Iterator[Statement]:
        """All of them; those that the older schema refuses too are yet to be left out."""
        yield from self._compared()
        yield from self._updated()
        for row in self._sample.existing:
            yield Statement(self._name, "delete", f"DELETE FROM {quoted(*self._name)} WHERE {self._found(row)}")
        full = self._sample.full
        if full is not None:
            yield from self._inserted(full)
            yield from self._varied(full)
            yield from self._on_conflict(full)
            yield from self._twice(full)

    def _with_new_checks(self) -> Table:
        rules = {
            f"after {column} {place}": [Rule((column,), unique=False, definition=text)]
            for (table, column), texts in self._affected.checks.items()
            if table == self._name
            for place, text in enumerate(texts)
        }
        return replace(self._table, rules={**self._table.rules, **rules})

    def _compared(self) -> Iterator[Statement]:
        for column in self._table.columns.values():
            if column.name not in self._suspicious:
                continue
            full = (self._sample.full or {}).get(column.name)
            for text in dict.fromkeys([*([full] if full is not None else []), *self._known(column)]):
                condition = f"{quoted(column.name)} = {self._literals.written(column, text)}"
                query = f"SELECT count(*) FROM {quoted(*self._name)} WHERE {condition}"
                what = f"with {column.name} = {shown(text)}"
                yield Statement(self._name, "compare", query, (column.name,), what, column.name)

    def _known(self, column: Column) -> list[str]:
        """The values that the older release has names for."""
        kind = self._literals.base(column)
        labels = kind.labels if kind is not None else []
        return [*labels[:_MOST_VALUES], *Choices(self._literals.types, self._table).listed(column)[:_MOST_VALUES]]

    def _updated(self) -> Iterator[Statement]:
        target = quoted(*self._name)
        for column in self._free:
            name = quoted(column.name)
            alone = (column.name,)
            yield Statement(self._name, "update", f"UPDATE {target} SET {name} = {name}", alone, column=column.name)
            for row in self._sample.existing[:1]:
                for text in self.values(column) if column.name in self._suspicious else [self._value(column)]:
                    where = f"SET {name} = {self._literals.written(column, text)} WHERE {self._found(row)}"
                    what = f"to {column.name} = {shown(text)}"
                    yield Statement(self._name, "update", f"UPDATE {target} {where}", alone, what, column.name)

    def _value(self, column: Column) -> str | None:
        return (self._sample.other or {}).get(column.name)

    def _found(self, row: Cells) -> str:
        pairs = ((self._table.columns[name], text) for name, text in row.items())
        return " AND ".join(f"{quoted(one.name)} = {self._literals.written(one, text)}" for one, text in pairs)

    def _inserted(self, full: Cells) -> Iterator[Statement]:
        columns = self._free
        yield self._insert(columns, full, "with every column named")
        yield self._insert(self._usual, full)
        # What the table needs beside: a check may ask for more than NOT NULL.
        required = [one for one in columns if one.required and not one.supplied]
        counted = [one for one in columns if one.counted]
        yield self._insert(required, full, "with the required columns alone")
        yield self._insert([*counted, *required], full, f"with an explicit {', '.join(one.name for one in counted)}")
        for one in columns:
            if (one.supplied or one.required) and not one.counted and one.name in self._suspicious:
                yield self._insert([each for each in self._usual if each != one], full, f"without {one.name}")
        if self._sample.sparse is not None:
            yield self._insert(self._usual, self._sample.sparse, "with NULL wherever it may be")

    @property
    def _usual(self) -> list[Column]:
        """What every insert names: all but what is numbered by itself."""
        return [one for one in self._free if not one.counted]

    def _insert(self, columns: Iterable[Column], row: Cells, what: str = "", end: str = "") -> Statement:
        named = list({one.name: one for one in columns}.values())
        text = inserted(self._literals, self._name, named, row) + end
        return Statement(self._name, "insert", text, tuple(one.name for one in named), what)

    def _varied(self, full: Cells) -> Iterator[Statement]:
        for column in self._usual:
            for text in self.values(column) if column.name in self._suspicious else self._usual_values(column):
                what = f"with {column.name} = {shown(text)}"
                yield replace(self._insert(self._usual, {**full, column.name: text}, what), column=column.name)

    def _usual_values(self, column: Column) -> list[str | None]:
        nothing: list[str | None] = [] if column.required else [None]
        return [*nothing, *self._known(column)]

    def values(self, column: Column) -> list[str | None]:
        """Values that may be legal: what the older release knows, and what checks, old and new, are about."""
        kind = self._literals.base(column)
        long = formed(self._literals.types, column, LATER, "long")
        mentioned = [one for one in self._choices.of(column, LATER) if isinstance(one, str)]
        edge = _AT_THE_EDGE.get(kind.category if kind is not None else "", ())
        found = [*self._usual_values(column), self._value(column), *([long] if long else []), *edge, *mentioned]
        return list(dict.fromkeys(found))[:_MOST_TRIED]

    def _on_conflict(self, full: Cells) -> Iterator[Statement]:
        keys = [rule.columns for rules in self._table.rules.values() for rule in rules if rule.unique]
        for key in dict.fromkeys(one for one in keys if one):
            end = f" ON CONFLICT ({_list(key)}) DO NOTHING"
            yield replace(self._insert(self._usual, full, f"with ON CONFLICT ({', '.join(key)})", end), key=key)

    def _twice(self, full: Cells) -> Iterator[Statement]:
        """Two rows that are alike in what is unique afterwards, and in nothing that was before."""
        other = self._sample.other
        if other is None:
            return
        before = [name for name in full if self._table.unique(name)]
        for key in self._affected.unique.get(self._name, ()):
            shown = ", ".join(key) or "an expression"
            for base in self._forms(full, key):
                alike = {**base, **{name: other[name] for name in before if name not in key}}
                unlike = {**other, **{name: base[name] for name in key}}
                for second in (alike, unlike) if key else (alike,):
                    first = self._insert(self._usual, base, f"twice with the same {shown}")
                    yield replace(first, text=f"{first.text}, {_tuple(self._literals, self._usual, second)}")

    def _forms(self, full: Cells, key: Collection[str]) -> Iterator[Cells]:
        """The row, and others like it for which the predicate of an index may be true."""
        yield full
        flags = [one.name for one in self._usual if (kind := self._literals.base(one)) and kind.name == "bool"]
        for word in ("true", "false") if flags else ():
            yield {**full, **dict.fromkeys(flags, word)}
        yield {name: text if name in key or self._table.columns[name].required else None for name, text in full.items()}


def inserted(literals: Literals, table: Name, columns: Sequence[Column], row: Cells) -> str:
    """The INSERT of one row that names these columns."""
    if not columns:
        return f"INSERT INTO {quoted(*table)} DEFAULT VALUES"
    names = _list(one.name for one in columns)
    return f"INSERT INTO {quoted(*table)} ({names}) VALUES {_tuple(literals, columns, row)}"


def _tuple(literals: Literals, columns: Iterable[Column], row: Cells) -> str:
    return f"({', '.join(literals.written(one, row.get(one.name)) for one in columns)})"


def shown(text: str | None) -> str:
    """A value for people."""
    if text is None:
        return "NULL"
    return repr(text if len(text) <= 32 else text[:29] + "...")


def _list(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))
