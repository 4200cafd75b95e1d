"""Values as the older release binds them: with the type that its models have for the column."""

from collections.abc import Mapping

from psycopg import sql

from schemaproof.rows.tables import Column
from schemaproof.rows.types import Type, domains

_FIRST_OWN = 16384  # the oid from which on types are no part of PostgreSQL itself
# Cast to these names, a value is cut to one character or bit: without a length they mean one.
_CUT = frozenset({"bpchar", "bit", "varbit"})
# psycopg2 sends these as they are, and all others as literals without a type.
_TYPED_BY_PSYCOPG2 = "NBDT"


class Literals:
    """Writes values.

    Args:
        types: all types of the older release's database.
        driver: SQLAlchemy's name for the driver that the project uses. Through asyncpg and psycopg, SQLAlchemy casts
            each parameter to the type of its column.
    """

    def __init__(self, types: Mapping[int, Type], driver: str) -> None:
        self.types = types
        self.driver = driver

    def written(self, column: Column, text: str | None) -> str:
        """The value as an expression in SQL; None is NULL."""
        if text is None:
            return "NULL"
        literal = sql.Literal(text).as_string()
        kind = self._kind(column)
        return f"{literal}::{kind.printed}" if kind is not None and self._is_bound(kind) else literal

    def base(self, column: Column) -> Type | None:
        """The column's type, of a domain what that is of."""
        above = domains(self.types, column.type)
        return self.types.get(above[-1].base or 0) if above else self.types.get(column.type)

    def _kind(self, column: Column) -> Type | None:
        return self.base(column)

    def _is_bound(self, kind: Type) -> bool:
        if kind.name.lstrip("_") in _CUT:
            return False
        if self.driver == "psycopg2":
            return kind.category in _TYPED_BY_PSYCOPG2
        return kind.kind == "e" or (kind.oid < _FIRST_OWN and kind.kind == "b")
