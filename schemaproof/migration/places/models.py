"""Where the project declares what its metadata holds."""

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Constraint, Enum, Index, MetaData, Table
from sqlalchemy.orm import Mapper, mapperlib

from schemaproof.migration.evidence import is_project_file
from schemaproof.migration.places.code import attribute, call_naming, code_of

# The schema of tables without one, which may be any (see Layout).
_ANY = "*"


@dataclass(frozen=True)
class Declared:
    """Something that the metadata holds.

    Attributes:
        table: the table that it is, or belongs to.
        name: its own name where a call may have it for an argument; "" for the table.
        columns: the columns that it is made of; of a column itself that one.
    """

    table: Table
    name: str = ""
    columns: tuple[str, ...] = ()


class Models:
    """The declarations of all tables in ``metadata``.

    Args:
        metadata: what env.py's target_metadata is.
        files: the project's modules, where a ``Table`` may be that no class is mapped to.
    """

    def __init__(self, metadata: Iterable[MetaData], files: Iterable[str]) -> None:
        self._files = sorted(Path(one) for one in files if one.endswith(".py"))
        tables = [table for one in metadata for table in one.tables.values()]
        self._declared = {key: what for table in tables for key, what in _declared(table)}
        self._tables = {f"{table.schema or _ANY}.{table.name}": table for table in tables}
        self._mappers = _mappers(set(tables))

    def find(self, described: str) -> tuple[Path, int] | None:
        """File and line of what ``described`` is, PostgreSQL's kind and name ("column public.a.b"); None if unknown.

        Of several relationships that is the first.
        """
        if is_relationship(described):
            first = described.partition(" ")[2].partition(",")[0]
            return self._relationship(*first.partition(".")[::2])
        kind, _, name = described.partition(" ")
        for key in (described, f"{kind} {_anywhere(name)}"):
            if key in self._declared:
                return self._place(self._declared[key])
        for key in (name, _anywhere(name)):  # a name that PostgreSQL chose
            schema, table = [*key.split("."), ""][:2]
            found = self._tables.get(f"{schema}.{table}")
            if found is not None:
                columns = tuple(one.name for one in found.columns if f"_{one.name}_" in name)
                return self._place(Declared(found, columns=columns))
        return None

    def _place(self, what: Declared) -> tuple[Path, int] | None:
        mapper = self._mappers.get(what.table)
        return self._in_table(what) if mapper is None else self._in_class(what, mapper)

    def _in_class(self, what: Declared, mapper: Mapper[Any]) -> tuple[Path, int] | None:
        found = list(_classes(mapper.class_))
        if what.name and what.columns != (what.name,):
            for path, declared in found:
                if line := call_naming(declared, what.name):
                    return path, line
        for column in what.columns:
            for path, declared in found:
                if line := attribute(declared, _key(mapper, what.table, column)):
                    return path, line
        return next(((path, declared.lineno) for path, declared in found), None)

    def _in_table(self, what: Declared) -> tuple[Path, int] | None:
        for path in self._files:
            code = code_of(path)
            call = code and code.table_named(what.table.name)
            if call:
                names = (what.name, *what.columns) if what.name else what.columns
                return path, next(filter(None, (call_naming(call, name) for name in names)), call.lineno)
        return None

    def _relationship(self, owner: str, name: str) -> tuple[Path, int] | None:
        for mapper in (one for base in self._mappers.values() for one in base.self_and_descendants):
            if mapper.class_.__name__ == owner:
                classes = list(_classes(mapper.class_))
                lines = ((path, attribute(declared, name)) for path, declared in classes)
                # A backref stands in the other class: what its finding asks for is declared for this one.
                declared = ((path, one.lineno) for path, one in classes)
                return next(((path, line) for path, line in lines if line), next(declared, None))
        return None


def is_relationship(described: str) -> bool:
    """Whether that is the ORM's, of which no revision knows: one relationship, or several."""
    return described.partition(" ")[0] in {"relationship", "relationships"}


def _declared(table: Table) -> Iterator[tuple[str, Declared]]:
    """What ``table`` is and holds, by its description."""
    schema = table.schema or _ANY
    yield f"table {schema}.{table.name}", Declared(table)
    for column in table.columns:
        yield f"column {schema}.{table.name}.{column.name}", Declared(table, column.name, (column.name,))
        if isinstance(column.type, Enum) and column.type.name:
            for home in {column.type.schema or schema, column.type.schema or _ANY}:  # which, SQLAlchemy's release says
                yield f"type {home}.{column.type.name}", Declared(table, column.type.name, (column.name,))
    parts: list[Index | Constraint] = [*table.indexes, *table.constraints]
    for one in parts:
        if isinstance(one.name, str):
            place = f"index {schema}" if isinstance(one, Index) else f"constraint {schema}.{table.name}"
            yield f"{place}.{one.name}", Declared(table, one.name, tuple(_columns(one)))


def _columns(one: Index | Constraint) -> Sequence[str]:
    return [column.name for column in getattr(one, "columns", ())]


def _anywhere(name: str) -> str:
    """``name`` with any schema, as tables have it that name none."""
    _, _, rest = name.partition(".")
    return f"{_ANY}.{rest}"


def _mappers(tables: set[Table]) -> dict[Table, Mapper[Any]]:
    """The class that is mapped to each of ``tables``; of several the first, which others inherit from."""
    found: dict[Table, Mapper[Any]] = {}
    # SQLAlchemy has no public way from a MetaData to the classes that are mapped to it.
    for mapper in {mapper for registry in mapperlib._all_registries() for mapper in registry.mappers}:
        table = mapper.local_table
        if isinstance(table, Table) and table in tables and (table not in found or found[table].isa(mapper)):
            found[table] = mapper
    return found


def _classes(mapped: type) -> Iterator[tuple[Path, ast.ClassDef]]:
    """The class and those that it inherits from, as far as they are the project's own."""
    for one in mapped.__mro__:
        file = getattr(sys.modules.get(one.__module__), "__file__", None)
        code = code_of(Path(file)) if file and is_project_file(file) else None
        declared = code and code.class_named(one.__qualname__)
        if file and declared:
            yield Path(file), declared


def _key(mapper: Mapper[Any], table: Table, column: str) -> str:
    """The attribute's name, which may be another than the column's."""
    found = next((one for one in table.columns if one.name == column), None)
    try:
        return column if found is None else str(mapper.get_property_by_column(found).key)
    except Exception:  # noqa: BLE001 (the column is not mapped, or the mapper is half made: SQLAlchemy raises its own)
        return column
