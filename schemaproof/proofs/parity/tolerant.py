"""create_all that goes on: what PostgreSQL refuses is left out, and known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

from sqlalchemy import Connection, ForeignKeyConstraint, Index, MetaData, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.ddl import SchemaGenerator

from schemaproof.catalog import Identity
from schemaproof.catalog.names import clipped
from schemaproof.migration.autogenerate.layout import Layout, is_table
from schemaproof.migration.autogenerate.longnames import rendered

# True, or what SQLAlchemy 2.1 has for it.
_CHECK_FIRST = signature(MetaData.create_all).parameters["checkfirst"].default


@dataclass(frozen=True)
class Unmade:
    """What create_all could not make, so that the model's catalog says nothing of it.

    Attributes:
        objects: tables, indexes and foreign keys.
        everything: whether there is no catalog of the model at all.
    """

    objects: frozenset[Identity] = frozenset()
    everything: bool = False

    def __bool__(self) -> bool:
        return self.everything or bool(self.objects)

    def __contains__(self, identity: object) -> bool:
        if not isinstance(identity, Identity):
            return False
        if self.everything or identity in self.objects:
            return True
        table = Identity("table", identity.schema, "", identity.parent or identity.name)
        inside = bool(identity.parent) or is_table(identity.kind)
        return inside and table in self.objects


def create_what_can_be(connection: Connection, metadata: Sequence[MetaData], layout: Layout) -> Unmade:
    """Make what PostgreSQL accepts of ``metadata``; the rest is the result."""
    refused: set[Identity] = set()
    for one in metadata:
        generator = _Tolerant(connection.dialect, connection, checkfirst=_CHECK_FIRST)  # type: ignore[no-untyped-call]  # SQLAlchemy has no annotations there
        generator.layout, generator.refused = layout, refused
        generator.traverse_single(one)
    return Unmade(frozenset(refused))


class _Tolerant(SchemaGenerator):
    """SQLAlchemy's own visitor of create_all, with a savepoint around each object."""

    layout: Layout
    refused: set[Identity]

    def visit_table(self, table: Table, *arguments: Any, **options: Any) -> None:
        identity = Identity("table", self.layout.home(table.schema), "", clipped(table.name))
        make: Callable[..., None] = super().visit_table
        self._try(identity, lambda: make(table, *arguments, **options))

    def visit_index(self, index: Index, *arguments: Any, **options: Any) -> None:
        make: Callable[..., None] = super().visit_index
        identity = self._inside("index", index.table, str(index.name))
        self._try(identity, lambda: make(index, *arguments, **options))

    def visit_foreign_key_constraint(self, constraint: ForeignKeyConstraint) -> None:
        make: Callable[..., None] = super().visit_foreign_key_constraint
        identity = self._inside("constraint", constraint.table, str(constraint.name or ""))
        self._try(identity, lambda: make(constraint))

    def _inside(self, kind: str, table: Table | None, name: str) -> Identity:
        schema, parent = (None, "") if table is None else (table.schema, clipped(table.name))
        return Identity(kind, self.layout.home(schema), parent, rendered(name, self.dialect))

    def _try(self, identity: Identity, make: Callable[[], None]) -> None:
        try:
            with self.connection.begin_nested():
                make()
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            self.refused.add(identity)
        except Exception:  # noqa: BLE001 (a name that is too long; the table's DDL events are anybody's code)
            self.refused.add(identity)
