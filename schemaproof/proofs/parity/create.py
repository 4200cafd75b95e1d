"""The database that ``metadata.create_all`` makes, beside the migrated one."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import psycopg
import sqlalchemy
from psycopg import sql
from sqlalchemy import Connection, MetaData, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy.types import SchemaType

from schemaproof.catalog import Catalog
from schemaproof.migration.autogenerate.layout import PUBLIC, Layout, Subjectlike, is_table
from schemaproof.postgres import Database, PostgresError
from schemaproof.proofs.parity.tolerant import Unmade, create_what_can_be

_SYSTEM = ("pg_catalog", PUBLIC)  # schemas that every search_path has anyway


@dataclass(frozen=True)
class Model:
    """What create_all made.

    Attributes:
        catalog: of ``database``; None where nothing could be made.
        database: where it made it.
        problem: why create_all failed; "" where it did not. With a catalog beside it, the database had the migrations'
            types, functions and extensions already.
        lacked: why create_all failed without an extension of the migrations, by its name; empty where it did not.
        unmade: what is not in the catalog because it could not be made there either.
    """

    catalog: Catalog | None
    database: Database | None
    problem: str = ""
    lacked: Mapping[str, str] = field(default_factory=dict)
    unmade: Unmade = field(default_factory=Unmade)


@contextmanager
def model_of(history: Subjectlike, layout: Layout, longest_name: int | None = None) -> Iterator[Model]:
    """The database that the metadata makes on the history's server; dropped at the end.

    ``longest_name`` is the ``max_identifier_length`` of env.py's engine; None stands for the dialect's own.
    """
    with ExitStack() as kept:
        yield _Attempts(history, layout, kept, longest_name).model()


class _Attempt(NamedTuple):
    """What create_all finds there, and whether it runs in no transaction."""

    schemas: bool
    extensions: bool
    autocommit: bool


# First what most metadata wants. DDL events may create the schemas themselves; an index may be built concurrently.
_ATTEMPTS = (
    _Attempt(schemas=True, extensions=False, autocommit=False),
    _Attempt(schemas=True, extensions=False, autocommit=True),
    _Attempt(schemas=True, extensions=True, autocommit=True),
    _Attempt(schemas=False, extensions=False, autocommit=False),
    _Attempt(schemas=False, extensions=True, autocommit=True),
)


class _Attempts:
    """create_all on one database after another until it succeeds."""

    def __init__(self, history: Subjectlike, layout: Layout, kept: ExitStack, longest_name: int | None) -> None:
        self.history = history
        self.layout = layout
        self.longest_name = longest_name
        self.head = history.head_catalog()
        self.kept = kept

    def model(self) -> Model:
        """What the first attempt that succeeds made."""
        problem = ""
        extensions = self._extensions()
        for attempt in _ATTEMPTS:
            if attempt.extensions and not extensions:
                continue
            database, raised = self._create(attempt, extensions)
            if not raised:
                lacked, database = self._lacked(attempt, problem, database) if attempt.extensions else ({}, database)
                return replace(self._read(database, ""), lacked=lacked)
            problem = problem or raised
        return self._grounded(problem)

    def _lacked(self, attempt: "_Attempt", problem: str, made: Database) -> tuple[dict[str, str], Database]:
        """What create_all raises without each extension that it needs, and a database with no other.

        ``problem`` is what it raises without any, ``made`` the one with all.
        """
        extensions = self._extensions()
        found: dict[tuple[str, str], str] = {}
        for one in extensions if len(extensions) > 1 else ():
            _, raised = self._create(attempt, [other for other in extensions if other != one])
            if raised:
                found[one] = raised
        if found:
            database, raised = self._create(attempt, list(found))
            if not raised:
                return {name: said for (name, _), said in found.items()}, database
        return {name: problem for name, _ in extensions}, made  # the only one, or some that stand in for each other

    def _create(self, attempt: "_Attempt", extensions: Sequence[tuple[str, str]]) -> tuple[Database, str]:
        """A new database, and what create_all raised there; "" for nothing."""
        database = self.kept.enter_context(self.history.new_database())
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            for schema in sorted(self._schemas() if attempt.schemas else ()):
                connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
            if attempt.extensions:
                _extend(connection, extensions)
        return database, self._create_all(database, autocommit=attempt.autocommit)

    def _schemas(self) -> frozenset[str]:
        """What the metadata needs, as it names it: the schemas of its tables, types and sequences."""
        sequences = [sequence for one in self.history.metadata for sequence in one._sequences.values()]
        named = {schema for schema, _ in _types(self.history.metadata)} | {one.schema for one in sequences}
        return self.layout.schemas | {self.layout.home(schema) for schema in named}

    def _extensions(self) -> list[tuple[str, str]]:
        return [
            (identity.name, str(attributes.get("schema") or identity.schema or PUBLIC))
            for identity, attributes in self.head.objects.items()
            if identity.kind == "extension" and identity.name != "plpgsql"  # which every database has
        ]

    def _create_all(self, database: Database, *, autocommit: bool) -> str:
        def create(connection: Connection) -> None:
            for metadata in self.history.metadata:
                metadata.create_all(connection)

        return self._run(database, create, autocommit=autocommit)

    def _run(self, database: Database, create: Callable[[Connection], object], *, autocommit: bool = False) -> str:
        """What ``create`` raised; "" for nothing."""
        engine = create_engine(
            database.url("psycopg"), poolclass=NullPool, max_identifier_length=self.longest_name or None
        )
        if autocommit:
            engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        engine = engine.execution_options(
            schema_translate_map={schema: home for schema, home in self.layout.moved.items() if schema is not None}
        )
        try:
            with self.history.surroundings(), warnings.catch_warnings(), engine.begin() as connection:
                warnings.simplefilter("ignore")
                self._set_path(connection)
                create(connection)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise PostgresError(
                    "The PostgreSQL server was lost while metadata.create_all ran.",
                    evidence=str(error.orig),
                    remedy="Run again.",
                ) from error
            return f"{type(error.orig).__name__}: {error.orig}".strip()
        except Exception as error:  # noqa: BLE001 (the metadata's DDL events are anybody's code)
            return f"{type(error).__name__}: {error}".strip()
        return ""

    def _set_path(self, connection: Connection) -> None:
        """Set the search_path where the default one does not find what has no schema of its own in the metadata."""
        own = self.layout.home(None)
        others = {schema for _, schema in self._extensions() if schema not in _SYSTEM}
        path = list(dict.fromkeys((own, PUBLIC, *sorted(others))))
        if path != [PUBLIC]:
            quote = connection.dialect.identifier_preparer.quote_identifier
            connection.execute(sqlalchemy.text("SET search_path TO " + _escaped(", ".join(map(quote, path)))))

    def _read(self, database: Database, problem: str) -> Model:
        schema, name = self.history.version_table
        with psycopg.connect(database.dsn) as connection:
            return Model(Catalog.read(connection, version_table=(schema or PUBLIC, name)), database, problem)

    def _grounded(self, problem: str) -> Model:
        """create_all where the migrations' types and functions are already, for metadata that relies on them."""
        database = self.kept.enter_context(self.history.head_copy())
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            self._clear(connection)
        if not self._create_all(database, autocommit=False):
            return self._read(database, problem)
        found: list[Unmade] = []

        def create(connection: Connection) -> None:
            found.append(create_what_can_be(connection, self.history.metadata, self.layout))

        if self._run(database, create):
            return Model(None, None, problem, unmade=Unmade(everything=True))
        return replace(self._read(database, problem), unmade=found[0])

    def _clear(self, connection: psycopg.Connection) -> None:
        """Drop what create_all is to make: every table, and the types that the metadata creates."""
        for identity in self.head.objects:
            if is_table(identity.kind):
                foreign = sql.SQL("FOREIGN TABLE" if identity.kind == "foreign table" else "TABLE")
                drop = sql.SQL("DROP {} IF EXISTS {} CASCADE")
                connection.execute(drop.format(foreign, sql.Identifier(identity.schema, identity.name)))
        for schema, name in _types(self.history.metadata):
            with suppress(psycopg.Error):  # a function of the migrations uses it, or it is not there
                connection.execute(sql.SQL("DROP TYPE {}").format(sql.Identifier(self.layout.home(schema), name)))


def _types(metadata: Sequence[MetaData]) -> set[tuple[str | None, str]]:
    """Schema and name of the types that create_all makes by itself, enums and domains."""
    return {
        (kind.schema, kind.name)
        for one in metadata
        for table in one.tables.values()
        for kind in (column.type for column in table.columns)
        # A Boolean is one for the CHECK that it may have, and has no schema.
        if isinstance(kind, SchemaType) and hasattr(kind, "schema") and kind.name and getattr(kind, "create_type", True)
    }


def _escaped(statement: str) -> str:
    """``statement`` for ``text()``, which takes a colon for a parameter."""
    return statement.replace(":", r"\:")


def _extend(connection: psycopg.Connection, extensions: Sequence[tuple[str, str]]) -> None:
    """Create the ``extensions``, each in its schema."""
    for name, schema in extensions:
        names = [sql.Identifier(name), sql.Identifier(schema)]
        if schema != "pg_catalog":
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(names[1]))
        with suppress(psycopg.Error):  # where it can't be had, create_all says what is missing
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA {} CASCADE").format(*names))
