"""What follows from another difference, and is told by that one."""

import re
from collections.abc import Iterator, Mapping

from schemaproof.catalog import Difference, Identity
from schemaproof.migration.autogenerate.layout import PUBLIC, Objects, is_table
from schemaproof.proofs.parity.compare import Comparison

_PART = re.compile(r'"(?:[^"]|"")*"|[^."\s(\[]+')
_QUALIFIED = re.compile(rf"(?:{_PART.pattern})(?:\.(?:{_PART.pattern}))*")


class Causes:
    """The differences of one comparison, as causes of others."""

    def __init__(self, comparison: Comparison, objects: Mapping[Identity, list[Difference]]) -> None:
        self.comparison = comparison
        self.sides: dict[str, Objects] = {"missing": comparison.model, "extra": comparison.migrated}
        self.tables = {(identity.schema, identity.name) for identity in objects if is_table(identity.kind)}
        self.columns = {identity[1:] for identity in objects if identity.kind == "column"}
        self.alone = {
            (difference.kind, *identity[1:])
            for identity, (difference, *_) in objects.items()
            if identity.kind == "column" and difference.kind != "changed"
        }
        self.used = {side: set(_types(objects)) for side, objects in self.sides.items()}

    def elsewhere(self, identity: Identity, difference: Difference) -> bool:
        """Whether another difference tells it, or nobody needs to hear of it."""
        if identity.kind == "sequence":
            return self._of_column(identity)
        if difference.kind == "changed":
            return False
        match identity.kind:
            case "schema":
                return difference.kind == "missing" or not self._has_own_objects(identity.name)
            case "type" | "domain":
                return (identity.schema, identity.name) in self.used[difference.kind]
            case "constraint" | "index":
                attributes = self.sides[difference.kind][identity]
                return attributes.get("type") == "NOT NULL" or self._on_column(identity, difference)
        return False

    def _of_column(self, identity: Identity) -> bool:
        """Whether a column owns the sequence ``identity`` and differs itself, or its table does."""
        for objects in self.sides.values():
            owner = named(str(objects.get(identity, {}).get("owned by") or ""))
            if owner in self.columns or owner[:2] in self.tables:
                return True
        return False

    def _on_column(self, identity: Identity, difference: Difference) -> bool:
        """Whether a column that is on the same side only is one of the columns of ``identity``."""
        columns = self.sides[difference.kind][identity].get("columns")
        if not isinstance(columns, tuple):
            return False
        names = {unquoted(str(column)) for column in columns}
        return any((difference.kind, identity.schema, identity.parent, name) in self.alone for name in names)

    def _has_own_objects(self, schema: str) -> bool:
        """Whether the migrations make the schema for more than Alembic's version table."""
        own = (self.comparison.version_schema or PUBLIC) != schema
        return own or any(identity.schema == schema for identity in self.comparison.migrated)


def _types(objects: Objects) -> Iterator[tuple[str, ...]]:
    """The types of all columns, those of an array's elements, schema and name."""
    for identity, attributes in objects.items():
        if identity.kind == "column":
            yield named(str(attributes["type"]))


def columns_in_order(objects: Objects) -> dict[tuple[str, str], list[str]]:
    """The names of each table's columns, by the table's schema and name."""
    tables: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for identity, attributes in objects.items():
        if identity.kind == "column":
            position = attributes["position"]
            tables.setdefault((identity.schema, identity.parent), []).append((int(str(position)), identity.name))
    return {table: [name for _, name in sorted(columns)] for table, columns in tables.items()}


def named(printed: str) -> tuple[str, ...]:
    """The parts of a qualified name from how PostgreSQL prints it, ``public."User".id``, without what follows it."""
    whole = _QUALIFIED.match(printed)
    return tuple(map(unquoted, _PART.findall(whole[0]))) if whole else ()


def unquoted(name: str) -> str:
    """A name from how PostgreSQL prints it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
