"""What env.py's include_name and include_object keep out of the comparison, noted down as they are asked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Constraint, ForeignKeyConstraint, Index, MetaData, Table, UniqueConstraint
from sqlalchemy.schema import SchemaItem

from schemaproof.catalog import Identity
from schemaproof.catalog.names import clipped
from schemaproof.migration.autogenerate.layout import is_table
from schemaproof.migration.autogenerate.longnames import rendered

# What Alembic's filters call it, and what the catalog does.
_KINDS = {
    "table": "table",
    "column": "column",
    "index": "index",
    "unique_constraint": "constraint",
    "foreign_key_constraint": "constraint",
    "check_constraint": "constraint",
}


@dataclass
class Filters:
    """env.py's filters, each answer "no" remembered.

    Attributes:
        names: env.py's include_name, or None.
        objects: env.py's include_object, or None.
        schemas: the database's schemas that the metadata's or Alembic's None may stand for.
    """

    names: Callable[..., bool] | None
    objects: Callable[..., bool] | None
    schemas: tuple[str, ...]
    refused: set[tuple[str, str, str, str]] = field(default_factory=set)  # kind, schema, table, name

    def include_name(self, name: str | None, kind: str, parents: dict[str, str | None]) -> bool:
        """What env.py's filter says of a name in the database."""
        kept = self.names is None or bool(self.names(name, kind, parents))
        if not kept and kind == "schema":
            self._refuse("schema", name, "", "")
        elif not kept and kind in _KINDS and name:
            self._refuse(_KINDS[kind], parents.get("schema_name"), parents.get("table_name") or "", name)
        return kept

    def include_object(
        self, item: SchemaItem, name: str | None, kind: str, reflected: bool, other: SchemaItem | None
    ) -> bool:
        """What env.py's filter says of an object of the database or of the metadata."""
        kept = self.objects is None or bool(self.objects(item, name, kind, reflected, other))
        table = item if isinstance(item, Table) else getattr(item, "table", None)
        if not kept and isinstance(table, Table) and kind in _KINDS and name:
            self._refuse(_KINDS[kind], table.schema, "" if item is table else table.name, name)
        return kept

    def ask(self, metadata: Iterable[MetaData]) -> None:
        """Ask of every index and constraint of the metadata: Alembic does so only where it sees a difference."""
        for table in (table for one in metadata for table in one.tables.values()):
            items: list[Index | Constraint] = [*table.indexes, *table.constraints]
            for item in items:
                kind = _kind(item)
                if kind and isinstance(item.name, str):
                    self.include_object(item, item.name, kind, False, item)

    def _refuse(self, kind: str, schema: str | None, table: str, name: str) -> None:
        named = rendered(name) if kind in {"constraint", "index"} else clipped(name)
        for place in (schema,) if schema else self.schemas:
            self.refused.add((kind, place, clipped(table), named))


@dataclass(frozen=True)
class Excluded:
    """What env.py keeps out of the comparison, and what lies inside it."""

    refused: frozenset[tuple[str, str, str, str]] = frozenset()

    def __contains__(self, identity: object) -> bool:
        if not isinstance(identity, Identity):
            return False
        kind, schema, parent, name = identity
        table = parent or name
        return (
            ("schema", schema if kind != "schema" else name, "", "") in self.refused
            or ((bool(parent) or is_table(kind)) and ("table", schema, "", table) in self.refused)
            or (kind, schema, parent, name) in self.refused
        )


def _kind(item: Index | Constraint) -> str:
    """What Alembic's filters call it; "" for a constraint of a kind that they are not asked about."""
    kinds = {Index: "index", UniqueConstraint: "unique_constraint", ForeignKeyConstraint: "foreign_key_constraint"}
    return next((name for kind, name in kinds.items() if isinstance(item, kind)), "")


def wrapped(opts: dict[str, Any], schemas: tuple[str, ...]) -> Filters:
    """The filters of a migration context's options, put back into them so that they take notes."""
    filters = Filters(opts.get("include_name"), opts.get("include_object"), schemas)
    opts["include_name"] = filters.include_name
    opts["include_object"] = filters.include_object
    return filters
