"""What the parity checks ask of a history, and where the migrations put what the metadata names."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol, Self

from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData

from schemaproof.catalog import Catalog, Identity
from schemaproof.catalog.names import clipped
from schemaproof.catalog.values import Attributes
from schemaproof.migration.moments import Moments
from schemaproof.postgres import Database, Server

PUBLIC = "public"  # where a table without a schema goes, unless the search_path says otherwise

type Objects = Mapping[Identity, Attributes]


class Subjectlike(Protocol):
    """A migrated database at head, beside the metadata that it should equal."""

    @property
    def metadata(self) -> tuple[MetaData, ...]:
        """What the models say; empty where no metadata is known."""

    @property
    def server(self) -> Server:
        """Where databases are made."""

    @property
    def version_table(self) -> tuple[str | None, str]:
        """Schema and name of Alembic's version table."""

    @property
    def unstable(self) -> Moments:
        """What each upgrade makes anew, which another check tells."""

    def head_catalog(self) -> Catalog:
        """The catalog of the database at head."""

    def head_copy(self) -> AbstractContextManager[Database]:
        """A copy of that database, dropped at the end."""

    def new_database(self) -> Database:
        """A database as an administrator has prepared it, without revisions; the caller's to drop."""

    def surroundings(self) -> AbstractContextManager[object]:
        """The project's folder and variables, for code of the project's own."""

    def in_environment[T](self, work: Callable[[MigrationContext], T]) -> T:
        """What ``work`` returns, called in a run of env.py against the database at head; no revision runs."""

    def kept[T](self, make: Callable[[Self], T]) -> T:
        """What ``make`` returned when it was first called with this."""


@dataclass(frozen=True)
class Layout:
    """Where the migrations put the tables of each schema that the metadata names.

    Attributes:
        homes: the database's schema for each of the metadata's; None is that of tables without one.
    """

    homes: Mapping[str | None, str] = field(default_factory=dict)

    def home(self, schema: str | None) -> str:
        """The database's schema for the metadata's ``schema``."""
        return self.homes.get(schema, schema or PUBLIC)

    @property
    def moved(self) -> dict[str | None, str]:
        """Only those that are not where the metadata says."""
        return {schema: home for schema, home in self.homes.items() if home != (schema or PUBLIC)}

    @property
    def schemas(self) -> frozenset[str]:
        """The schemas of the database that the metadata is about, the default one among them."""
        return frozenset([*self.homes.values(), self.home(None)])


def find_layout(metadata: Iterable[MetaData], catalog: Catalog) -> Layout:
    """The layout, from where the tables are found.

    An env.py may set a search_path or a schema_translate_map that moves all tables of one schema to another. That is so
    where none of them is in its own schema and most of them are in one other.
    """
    found = {(identity.schema, identity.name) for identity in catalog.objects if is_table(identity.kind)}
    named: dict[str | None, set[str]] = {}
    for one in metadata:
        for table in one.tables.values():
            named.setdefault(table.schema, set()).add(clipped(table.name))
    taken = {schema or PUBLIC for schema in named}
    return Layout({schema: _home(schema, names, found, taken) for schema, names in named.items()})


def _home(schema: str | None, names: set[str], found: set[tuple[str, str]], taken: set[str]) -> str:
    own = schema or PUBLIC
    if any((own, name) in found for name in names):
        return own
    others = Counter(place for place, name in found if name in names and place not in taken)
    if not others:
        return own
    best = min(others, key=lambda place: (-others[place], place))
    return best if 2 * others[best] > len(names) else own


def is_table(kind: str) -> bool:
    """Whether ``kind`` is one of a table: "table", "partitioned table", "foreign table"."""
    return kind == "table" or kind.endswith(" table")


def partitions_of(objects: Objects) -> set[tuple[str, str]]:
    """Schema and name of all tables that are partitions: how rows are kept, which migrations or jobs decide."""
    return {
        (identity.schema, identity.name)
        for identity, attributes in objects.items()
        if is_table(identity.kind) and attributes.get("partition of")
    }


@contextmanager
def unchanged(metadata: Iterable[MetaData]) -> Iterator[None]:
    """Keep what is done here from adding constraints to ``metadata``.

    A comparison and its rendering copy types; one that brings a CHECK along adds it to the table once more.
    """
    before = {table: set(table.constraints) for one in metadata for table in one.tables.values()}
    try:
        yield
    finally:
        for table, constraints in before.items():
            table.constraints.intersection_update(constraints)
