"""The classes that are mapped to a subject's tables, and the relationships that a delete follows."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import MetaData, Table
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty, mapperlib

from schemaproof.proofs.deletes.graph import Graph, TableName

# They have no collection to load beforehand.
_UNLOADABLE = {"dynamic", "write_only", "noload"}

MORE_ROWS = "is more than one row"  # why one can't be tried


@dataclass(frozen=True)
class Relation:
    """A relationship by which the ORM's delete of a parent can reach other rows.

    Attributes:
        mapper: the parent's.
        relationship: from it.
        parent: its table.
        reached: the tables that the relationship leads to, that of a many-to-many association first.
        names: the database's name of each of the metadata's tables.
    """

    mapper: Mapper[Any]
    relationship: RelationshipProperty[Any]
    parent: TableName
    reached: tuple[TableName, ...]
    names: Mapping[Any, TableName] = field(default_factory=dict, repr=False, compare=False)

    def __str__(self) -> str:
        return _name(self.mapper, self.relationship)

    @property
    def loadable(self) -> bool:
        """Whether what it leads to can be loaded with the parent."""
        return self.relationship.lazy not in _UNLOADABLE

    @property
    def upwards(self) -> bool:
        """Whether it leads to what the row refers to, where no foreign key passes a delete on."""
        return self.relationship.direction is RelationshipDirection.MANYTOONE

    @property
    def listened(self) -> bool:
        """Whether code of the subject waits for each delete of what it leads to."""
        dispatch = self.relationship.mapper.dispatch
        return bool(len(dispatch.before_delete) or len(dispatch.after_delete))

    def shape(self, graph: Graph) -> object:
        """What is the same in relationships of which each does what the others do, as far as declarations tell."""
        one, target = self.relationship, self.relationship.mapper
        keys = [key for key in graph.children(self.parent) if key.table == self.reached[0]]
        actions = tuple(sorted((str(key.on_delete), key.deferred, key.deferrable, len(key.columns)) for key in keys))
        required = any({*key.columns} & graph.tables[key.table].required for key in keys)
        below = frozenset(str(key.on_delete) for key in graph.children(self.reached[-1]))
        options = (one.direction, frozenset(one.cascade), one.passive_deletes, one.lazy, one.uselist, len(self.reached))
        own = (self.listened, target.confirm_deleted_rows, target.local_table is self.mapper.local_table)
        return options, own, actions, required, below


def relations(
    metadata: Iterable[MetaData], homes: Callable[[str | None], str]
) -> tuple[list[Relation], dict[str, str]]:
    """The relationships that a delete follows, and those that can't be tried, each with the reason.

    What can be tried is between classes that are mapped to one table each.

    Args:
        metadata: whose tables.
        homes: the database's schema for each of the metadata's.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: where the mappers can't be configured.
    """
    tables = {table: TableName(homes(table.schema), table.name) for one in metadata for table in one.tables.values()}
    # SQLAlchemy has no public way from a MetaData to the classes that are mapped to it.
    registries = [one for one in mapperlib._all_registries() if any(m.local_table in tables for m in one.mappers)]
    for registry in registries:  # not all there are: others may be left of modules that are gone
        registry.configure(cascade=True)
    found, skipped = list[Relation](), dict[str, str]()
    for mapper in {mapper for registry in registries for mapper in registry.mappers}:
        for relationship in mapper.relationships:
            if relationship.parent is not mapper or not _followed(relationship):
                continue
            odd = next((one for one in (mapper, relationship.mapper) if not _plain(one, tables)), None)
            if odd is not None:
                skipped[_name(mapper, relationship)] = f"an object of {odd.class_.__name__} {MORE_ROWS}"
            else:
                found.append(_relation(mapper, relationship, tables))
    return sorted(found, key=lambda one: (one.parent, str(one))), skipped


def _name(mapper: Mapper[Any], relationship: RelationshipProperty[Any]) -> str:
    return f"{mapper.class_.__name__}.{relationship.key}"


def _followed(relationship: RelationshipProperty[Any]) -> bool:
    """Whether a delete may reach what the relationship leads to; the other side of such a one is not asked for."""
    if relationship.viewonly:
        return False
    return relationship.direction is not RelationshipDirection.MANYTOONE or relationship.cascade.delete


def _plain(mapper: Mapper[Any], tables: Container[object]) -> bool:
    """Whether each object is one row: no joined inheritance above or below, no select."""
    own = {one.local_table for one in mapper.self_and_descendants}
    return mapper.local_table in tables and len(mapper.tables) == 1 and len(own) == 1


def _relation(
    mapper: Mapper[Any], relationship: RelationshipProperty[Any], tables: Mapping[Table, TableName]
) -> Relation:
    reached = [relationship.secondary, relationship.mapper.local_table]
    names = [tables[table] for table in reached if isinstance(table, Table) and table in tables]
    assert isinstance(mapper.local_table, Table)  # noqa: S101 (_plain)
    return Relation(mapper, relationship, tables[mapper.local_table], tuple(names), tables)
