"""The INSERT for some rows of a table: what each of their columns is given."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from psycopg import sql

from schemaproof.rows.choices import Choice, Choices
from schemaproof.rows.forms import Form, formed
from schemaproof.rows.tables import Column, Key, Table
from schemaproof.rows.types import Type
from schemaproof.rows.values import UnknownTypeError, text_of

_DEFAULT, _NULL = sql.SQL("DEFAULT"), sql.SQL("NULL")
# What is unique starts here: sequences and the subject's own first rows count from 1.
_FIRST_UNIQUE = 1000
# How far the values of a row's columns are apart where each has its own: more than a table gets rows.
_APART = 40


@dataclass(frozen=True)
class Row:
    """One row to be.

    Attributes:
        number: its values' number.
        sparse: whether all is NULL in it that can be.
        changes: what columns are given instead.
        twin: by how much its number is another one in what must be unique: a row like another one where it may be.
        differing: the columns in which it is another one; None for all that are part of something unique.
        own: whether each column has values of its own, also one with a default: a value is then known wherever it goes.
        form: what its values are like; see ``formed``.
        parent: which row its keys refer to, by their order; None for the one of its number.
        alone: whether keys that may be NULL are.
    """

    number: int
    sparse: bool
    changes: Mapping[str, Choice] = field(default_factory=dict)
    twin: int = 0
    differing: frozenset[str] | None = None
    own: bool = False
    form: Form = "plain"
    parent: int | None = None
    alone: bool = False

    def number_in(self, table: Table, column: str) -> int:
        """The number of its value in ``column`` of ``table``."""
        other = table.unique(column) if self.differing is None else column in self.differing
        return self.number + (self.twin if other else 0)


class Writer:
    """Writes the statements of one table.

    Args:
        types: all types.
        table: the table.
        rowless: the oids of tables that hold nothing that a key could refer to.
        cycle: the tables that are filled together, this one among them: their keys to each other refer to values
            that both sides are given.
    """

    def __init__(
        self, types: Mapping[int, Type], table: Table, rowless: Collection[int], cycle: Iterable[Table] = ()
    ) -> None:
        self.choices = Choices(types, table)
        self._types = types
        self._table = table
        self._rowless = rowless
        self._cycle = {one.oid: one for one in (*cycle, table)}
        self._places = {name: place for place, name in enumerate(table.columns)}
        self._given = {
            name
            for one in self._cycle.values()
            for key in one.keys.values()
            if key.root == table.oid and self._mirrored(one, key)
            for own, name in zip(key.columns, key.referenced, strict=True)
            if (one.oid, own) != (table.oid, name)
        }
        # A sequence's first numbers are left to the subject, which may give the same ones by itself.
        self._given |= {name for name, one in table.columns.items() if one.counted and table.unique(name)}

    def insert(self, rows: Iterable[Row]) -> sql.Composed:
        """The statement; its parameters are in it.

        Raises:
            UnknownTypeError: where a column needs a value of a type that none is known of.
        """
        target = sql.Identifier(self._table.schema, self._table.name)
        if not self._table.columns:
            return sql.SQL("INSERT INTO {} DEFAULT VALUES").format(target)
        comma = sql.SQL(", ")
        return sql.SQL("INSERT INTO {} ({}) {}VALUES {}").format(
            target,
            comma.join(map(sql.Identifier, self._table.columns)),
            sql.SQL("OVERRIDING SYSTEM VALUE " if self._given else ""),
            comma.join(sql.SQL("({})").format(comma.join(self._expressions(row))) for row in rows),
        )

    def _expressions(self, row: Row) -> list[sql.Composable]:
        """What each column is given, in order."""
        found: dict[str, sql.Composable] = {
            name: _NULL if choice is None else sql.Literal(choice)
            for name, choice in row.changes.items()
            if not isinstance(choice, int)
        }
        # Keys may share columns. What leaves the least choice decides first.
        keys = sorted(self._table.keys.values(), key=lambda key: (not self._table.hard(key), -len(key.columns)))
        for key in keys:
            if self._mirrored(self._table, key):
                self._mirror(key, row, found)
            elif not self._table.hard(key) and (row.sparse or row.alone or key.root in self._rowless):
                free = [name for name in key.columns if not self._table.columns[name].required]
                found = dict.fromkeys(free, _NULL) | found
            else:
                self._refer(key, row, found)
        return [found.get(name) or self._plain(column, row) for name, column in self._table.columns.items()]

    def _mirrored(self, table: Table, key: Key) -> bool:
        return table.hard(key) and key.root in self._cycle and key.root in self._rowless

    def _mirror(self, key: Key, row: Row, found: dict[str, sql.Composable]) -> None:
        """Give the key's columns what the row of the same number is given in the table that it refers to."""
        parent = self._cycle[key.root]
        choices = Choices(self._types, parent)
        for name, referenced in zip(key.columns, key.referenced, strict=True):
            if (parent.oid, referenced) != (self._table.oid, name) and name not in found:
                found[name] = self._value(parent, choices, parent.columns[referenced], row.number)

    def _refer(self, key: Key, row: Row, found: dict[str, sql.Composable]) -> None:
        """Give the key's columns those of a row that it refers to, and that agrees with what is given already."""
        known = {name: one for name, one in found.items() if name in key.columns}
        pairs = dict(zip(key.columns, key.referenced, strict=True))
        steps = [step for name in key.columns if isinstance(step := row.changes.get(name), int)]
        conditions = [sql.SQL("p.{} IS NOT NULL").format(sql.Identifier(name)) for name in key.referenced] + [
            sql.SQL("p.{} = {}").format(sql.Identifier(pairs[name]), one) for name, one in known.items()
        ]
        tail = sql.SQL("FROM {}{} p WHERE {} ORDER BY {} LIMIT 1 OFFSET").format(
            sql.SQL("" if key.partitioned else "ONLY "),
            sql.Identifier(*key.parent),
            sql.SQL(" AND ").join(conditions),
            sql.SQL(", ").join(sql.SQL("p.{}").format(sql.Identifier(name)) for name in key.referenced),
        )
        # There may be fewer rows than numbers; the first one will do then.
        chosen = sql.SQL("coalesce((SELECT p.{name} {tail} {number}), (SELECT p.{name} {tail} 0))")
        for name, referenced in pairs.items():
            if name not in found and not self._table.columns[name].generated:
                found[name] = chosen.format(
                    name=sql.Identifier(referenced),
                    tail=tail,
                    number=sql.Literal(self._referred(row, name) + max(steps, default=0)),
                )

    def _plain(self, column: Column, row: Row) -> sql.Composable:
        step = row.changes.get(column.name)
        explicit = isinstance(step, int) or column.name in self._given
        if column.generated:
            return _DEFAULT
        own = row.own and not column.counted
        if not explicit and ((row.sparse and not column.required) or (column.supplied and not own)):
            return _NULL if row.sparse and not column.required else _DEFAULT
        try:
            if isinstance(step, int):
                return self._value(self._table, None, column, row.number_in(self._table, column.name) + step)
            if (text := self._formed(column, row)) is not None:
                return sql.Literal(text)
            apart = self._places[column.name] * _APART if row.own else 0
            return self._value(self._table, self.choices, column, row.number_in(self._table, column.name) + apart)
        except UnknownTypeError as error:
            if column.supplied or not column.required:
                return _DEFAULT if column.supplied else _NULL
            message = f'no value is known for column "{column.name}" of type {error.args[0]}'
            raise UnknownTypeError(message) from error

    def _formed(self, column: Column, row: Row) -> str | None:
        """The column's value in the row's form; None where it has none there, or a check lists what it may have."""
        if row.form == "plain" or column.counted or self.choices.preferred(column, 0) is not None:
            return None
        unique = self._table.unique(column.name)
        apart = self._places[column.name] * _APART if row.own else 0
        return formed(self._types, column, row.number + apart + (_FIRST_UNIQUE if unique else 0), row.form)

    def _referred(self, row: Row, column: str) -> int:
        """Which row a key refers to, by their order."""
        if row.parent is None or self._table.unique(column):
            return row.number_in(self._table, column)
        return row.parent

    def _value(self, table: Table, choices: Choices | None, column: Column, number: int) -> sql.Composable:
        if choices and (preferred := choices.preferred(column, number)) is not None:
            return sql.Literal(preferred)
        start = _FIRST_UNIQUE if table.unique(column.name) else 0
        return sql.Literal(text_of(self._types, column.type, column.modifier, start + number))
