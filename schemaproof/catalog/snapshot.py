"""The catalog of a database at one moment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Self

import psycopg

from schemaproof.catalog import reading, refreshing
from schemaproof.catalog.reading import Item, Units
from schemaproof.catalog.refreshing import Stamp
from schemaproof.catalog.values import Attributes, Identity

type Connection = psycopg.Connection[Any]

# Where Alembic keeps its revision unless env.py says otherwise.
VERSION_TABLE = ("public", "alembic_version")


@dataclass(frozen=True, eq=False)
class Catalog:
    """What PostgreSQL knows of a database's user-visible objects, as plain values; equal where the objects are.

    Immutable; travels to other processes. Made by :meth:`read` and :meth:`refresh`.
    """

    units: Units = field(repr=False)
    stamp: Stamp | None = field(repr=False)
    version_table: tuple[str, str] | None
    privileges: bool

    @classmethod
    def read(
        cls,
        connection: Connection,
        *,
        version_table: tuple[str, str] | None = VERSION_TABLE,
        privileges: bool = False,
    ) -> Self:
        """The catalog of the database that ``connection`` is connected to, as of one moment.

        Args:
            connection: is left as it was found; within a transaction of its own, what that did is seen too.
            version_table: Alembic's, schema and name; left out of the objects with all that lies in it.
            privileges: whether owners, privileges and default privileges are read too.
        """
        with reading.transaction(connection, privileges=privileges) as reader:
            units, stamp = refreshing.everything(reader)
            return cls(units, stamp, version_table, privileges)

    def refresh(self, connection: Connection) -> Self:
        """What :meth:`read` would give, with the same options; cheaper where little has changed since this one.

        Cheap for the same database and for clones of it, on the same server. Where something was renamed, and where
        an extension, a role or something rare has changed, everything is read.
        """
        with reading.transaction(connection, privileges=self.privileges) as reader:
            found = refreshing.refreshed(reader, self.units, self.stamp) if self.stamp else None
            units, stamp = found or refreshing.everything(reader)
            return type(self)(units, stamp, self.version_table, self.privileges)

    @cached_property
    def objects(self) -> Mapping[Identity, Attributes]:
        """All objects with what is compared of them, by attribute name."""
        return MappingProxyType({item.identity: item.attributes for item in self.items()})

    def items(self, other: "Catalog | None" = None) -> Iterator[Item]:
        """All objects as they were read; without those that it is known to share with ``other``."""
        shared: Units = other.units if other and other.version_table == self.version_table else {}
        apart = Identity("table", self.version_table[0], "", self.version_table[1]) if self.version_table else None
        for number, shelf in self.units.items():
            same = shared.get(number, {})
            if same is not shelf:
                for key, unit in shelf.items():
                    if same.get(key) is not unit and unit[0].identity != apart:
                        yield from unit

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Catalog) and self.objects == other.objects

    def __hash__(self) -> int:
        return hash(frozenset(self.objects))

    def __getstate__(self) -> dict[str, object]:
        """Leave what is derived behind."""
        return {name: value for name, value in self.__dict__.items() if name != "objects"}
