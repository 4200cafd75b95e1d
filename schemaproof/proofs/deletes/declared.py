"""The graph that SQLAlchemy metadata declares."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from sqlalchemy import Column, ForeignKeyConstraint, Index, MetaData, UniqueConstraint
from sqlalchemy import Table as DeclaredTable
from sqlalchemy.exc import InvalidRequestError

from schemaproof.proofs.deletes.graph import Action, ForeignKey, Graph, Table, TableName

type Homes = Callable[[str | None], str]

_ACTION = re.compile(r"\s*(NO\s+ACTION|RESTRICT|CASCADE|SET\s+NULL|SET\s+DEFAULT)\s*(?:\((.*)\))?\s*", re.I | re.S)
_NAME = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^\s",]+))\s*(?:,|$)')
_UPPERCASE = re.compile("[A-Z]+")  # what the server folds of an unquoted name, in a database in UTF-8
_SETTING = {Action.SET_NULL, Action.SET_DEFAULT}


class DeclarationError(ValueError):
    """A foreign key in the metadata that PostgreSQL would not take, or that cannot be followed."""

    def __init__(self, constraint: ForeignKeyConstraint, cause: str, remedy: str) -> None:
        columns = ", ".join(str(name) for name in constraint.column_keys)
        super().__init__(f"the foreign key of {constraint.table.fullname} ({columns}): {cause}; {remedy}")


def graph_of_metadata(metadata: Iterable[MetaData], homes: Homes) -> Graph:
    """The graph that ``metadata`` declares; no server is asked.

    Tables of other metadata that a key refers to are part of it. The keys are in the order in which their tables are
    sorted by name, each table's in the metadata's order; names are "" where the server chooses them; a table's
    ``defaults`` are empty (see :func:`schemaproof.proofs.deletes.reading.with_order`).

    Args:
        metadata: one or several.
        homes: the database's schema for one of the metadata's; None is the default schema.

    Raises:
        DeclarationError: where a key cannot be read. ``ValueError``: where two tables have the same name.
    """
    found = _reached(chain.from_iterable(one.tables.values() for one in metadata))
    tables: dict[TableName, DeclaredTable] = {}
    for table in found:
        name = _named(table, homes)
        if tables.setdefault(name, table) is not table:
            raise ValueError(f"two tables are both {name}: leave out one MetaData, or give its tables another schema")
    ordered = {name: tables[name] for name in sorted(tables)}
    keys = [_key(one, homes) for table in ordered.values() for one in _constraints(table)]
    return Graph({name: _table(name, table) for name, table in ordered.items()}, tuple(keys))


def _reached(tables: Iterable[DeclaredTable]) -> list[DeclaredTable]:
    """The tables, and all that their keys refer to."""
    found: dict[DeclaredTable, None] = dict.fromkeys(tables)
    more = list(found)
    while more:
        parents = [_parent(constraint) for table in more for constraint in _constraints(table)]
        more = [table for table in dict.fromkeys(parents) if table not in found]
        found.update(dict.fromkeys(more))
    return list(found)


def _constraints(table: DeclaredTable) -> list[ForeignKeyConstraint]:
    # A Table holds its constraints in a set; where the columns stand is the same in every run.
    places = {column.key: place for place, column in enumerate(table.columns)}
    return sorted(
        table.foreign_key_constraints,
        key=lambda one: (
            [places[key] for key in one.column_keys],
            str(one.name),
            [e.target_fullname for e in one.elements],
        ),
    )


def _parent(constraint: ForeignKeyConstraint) -> DeclaredTable:
    return _referenced(constraint)[0].table


def _referenced(constraint: ForeignKeyConstraint) -> list[Column[object]]:
    try:
        return [element.column for element in constraint.elements]
    except InvalidRequestError as error:
        remedy = "import the module that defines its table, and name a column that this has"
        raise DeclarationError(constraint, str(error), remedy) from error


def _named(table: DeclaredTable, homes: Homes) -> TableName:
    return TableName(homes(table.schema), str(table.name))


def _table(name: TableName, table: DeclaredTable) -> Table:
    primary_key = tuple(str(column.name) for column in table.primary_key.columns)
    deferrable = table.primary_key.deferrable or table.primary_key.initially
    declared = [primary_key] if primary_key and not deferrable else []
    return Table(
        name=name,
        columns=tuple(str(column.name) for column in table.columns),
        required=frozenset(str(one.name) for one in table.columns if one.primary_key or not one.nullable),
        primary_key=primary_key,
        unique=tuple(dict.fromkeys([*declared, *sorted(_unique(table))])),
    )


def _unique(table: DeclaredTable) -> Iterator[tuple[str, ...]]:
    """The columns of what is unique, at once and for all rows: an index of expressions or of some rows is not."""
    for one in table.constraints:
        if isinstance(one, UniqueConstraint) and not one.deferrable and not one.initially:
            yield tuple(str(column.name) for column in one.columns)
    for index in table.indexes:
        if index.unique and index.dialect_options["postgresql"]["where"] is None and _plain(index):
            yield tuple(str(column.name) for column in index.columns)


def _plain(index: Index) -> bool:
    return all(isinstance(expression, Column) for expression in index.expressions)


def _key(constraint: ForeignKeyConstraint, homes: Homes) -> ForeignKey:
    columns = tuple(str(column.name) for column in constraint.columns)
    on_delete, listed = _action(constraint, constraint.ondelete)
    on_update, also_listed = _action(constraint, constraint.onupdate)
    if also_listed:
        raise DeclarationError(constraint, "ON UPDATE takes no list of columns", "leave out the list")
    if not set(listed) <= set(columns):
        raise DeclarationError(
            constraint, f"{', '.join(listed)} are not all of its columns", "list its own columns only"
        )
    deferrable, deferred = _deferral(constraint)
    return ForeignKey(
        table=_named(constraint.table, homes),
        columns=columns,
        parent=_named(_parent(constraint), homes),
        referenced=tuple(str(column.name) for column in _referenced(constraint)),
        name=str(constraint.name) if isinstance(constraint.name, str) else "",
        on_delete=on_delete,
        on_update=on_update,
        set_columns=tuple(one for one in columns if not listed or one in listed) if on_delete in _SETTING else (),
        match_full=_match_full(constraint),
        deferrable=deferrable,
        deferred=deferred,
    )


def _action(constraint: ForeignKeyConstraint, text: str | None) -> tuple[Action, tuple[str, ...]]:
    """The action, and the columns that it lists."""
    if text is None:
        return Action.NO_ACTION, ()
    parsed = _ACTION.fullmatch(text)
    remedy = f"write one of {', '.join(Action)}, with a list of columns only after SET NULL and SET DEFAULT"
    if parsed is None:
        raise DeclarationError(constraint, f"{text!r} is no referential action", remedy)
    action = Action(" ".join(parsed[1].upper().split()))
    if parsed[2] is None:
        return action, ()
    listed = _names(parsed[2])
    if not listed or action not in _SETTING:
        raise DeclarationError(constraint, f"{text!r} has a list that cannot be read", remedy)
    return action, listed


def _names(text: str) -> tuple[str, ...]:
    """The names in a list of SQL; () where it is none."""
    names, place = [], 0
    while place < len(text):
        found = _NAME.match(text, place)
        if found is None:
            return ()
        quoted, plain = found.groups()
        names.append(quoted.replace('""', '"') if quoted else _UPPERCASE.sub(lambda one: one[0].lower(), plain))
        place = found.end()
    return tuple(names)


def _deferral(constraint: ForeignKeyConstraint) -> tuple[bool, bool]:
    """Whether its check can wait, and whether it does unless told otherwise."""
    deferred = (constraint.initially or "").strip().upper() == "DEFERRED"
    if deferred and constraint.deferrable is False:
        raise DeclarationError(constraint, "INITIALLY DEFERRED is not for a NOT DEFERRABLE key", "make it deferrable")
    return bool(constraint.deferrable) or deferred, deferred


def _match_full(constraint: ForeignKeyConstraint) -> bool:
    match = (constraint.match or "SIMPLE").strip().upper()
    if match not in {"SIMPLE", "FULL"}:
        raise DeclarationError(constraint, f"PostgreSQL has no MATCH {match}", "choose SIMPLE or FULL")
    return match == "FULL"
