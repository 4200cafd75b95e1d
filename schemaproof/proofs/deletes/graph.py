"""Foreign keys as a graph: what a delete or an update of a key reaches, and what it does there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class TableName(NamedTuple):
    """Schema and name of a table; ``str()`` gives "schema.name", unquoted."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


class Action(StrEnum):
    """A referential action (PostgreSQL manual, 5.5.5 Foreign Keys, and CREATE TABLE)."""

    NO_ACTION = "NO ACTION"
    RESTRICT = "RESTRICT"
    CASCADE = "CASCADE"
    SET_NULL = "SET NULL"
    SET_DEFAULT = "SET DEFAULT"

    @property
    def refuses(self) -> bool:
        """Whether it lets nothing happen to a row that is referred to."""
        return self in {Action.NO_ACTION, Action.RESTRICT}


# By pg_constraint's confdeltype and confupdtype.
ACTIONS = {
    "a": Action.NO_ACTION,
    "r": Action.RESTRICT,
    "c": Action.CASCADE,
    "n": Action.SET_NULL,
    "d": Action.SET_DEFAULT,
}


@dataclass(frozen=True)
class ForeignKey:
    """One foreign key.

    Attributes:
        table: the one that has it.
        columns: its own.
        parent: the table that it refers to; may be ``table``.
        referenced: that one's columns, in the order of ``columns``.
        name: the constraint's; "" where a model leaves it to the server.
        on_delete: what a delete of the row that is referred to does.
        on_update: what an update of the referenced columns does.
        set_columns: those that SET NULL or SET DEFAULT of a delete changes, in the order of ``columns``; all where the
            key has no list, () where it does neither.
        match_full: whether all or none of the columns must be NULL (MATCH FULL); otherwise one is enough (SIMPLE).
        deferrable: whether its check can wait for the end of the transaction.
        deferred: whether it does so unless told otherwise (INITIALLY DEFERRED).
    """

    table: TableName
    columns: tuple[str, ...]
    parent: TableName
    referenced: tuple[str, ...]
    name: str = ""
    on_delete: Action = Action.NO_ACTION
    on_update: Action = Action.NO_ACTION
    set_columns: tuple[str, ...] = ()
    match_full: bool = False
    deferrable: bool = False
    deferred: bool = False

    @property
    def link(self) -> tuple[TableName, TableName, frozenset[tuple[str, str]]]:
        """By what the same key is known in a model and in a database, whatever its name and its columns' order."""
        return (self.table, self.parent, frozenset(zip(self.columns, self.referenced, strict=True)))

    def __str__(self) -> str:
        columns, referenced = ", ".join(self.columns), ", ".join(self.referenced)
        action = "" if self.on_delete is Action.NO_ACTION else f" ON DELETE {self.on_delete}"
        return f"{self.table} ({columns}) -> {self.parent} ({referenced}){action}"


@dataclass(frozen=True)
class Table:
    """One table, as far as foreign keys are concerned.

    Attributes:
        columns: all, in order.
        required: those that refuse NULL.
        primary_key: its columns; () where there is none.
        unique: the columns of each unique constraint and full unique index, the primary key's among them.
        defaults: the value of each column that SET DEFAULT would write, as text; None is NULL. A column whose default
            is not the same at every call is not in it.
    """

    name: TableName
    columns: tuple[str, ...]
    required: frozenset[str] = frozenset()
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    defaults: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """Tables and the foreign keys between them.

    Attributes:
        tables: by name.
        keys: in the order in which the server fires their actions, where that is known; otherwise the model's.
    """

    tables: Mapping[TableName, Table]
    keys: tuple[ForeignKey, ...]

    def children(self, table: TableName) -> tuple[ForeignKey, ...]:
        """The keys that refer to ``table``, its own to itself among them."""
        return tuple(key for key in self.keys if key.parent == table)

    def parents(self, table: TableName) -> tuple[ForeignKey, ...]:
        """The keys that ``table`` has."""
        return tuple(key for key in self.keys if key.table == table)
