"""A project without files: what its models declare, and the SQL that its migrations come down to."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from types import SimpleNamespace
from typing import Any, Self

import psycopg
import sqlalchemy
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import DDL, Column, Connection, Integer, MetaData, Table, create_engine, event, text
from sqlalchemy.pool import NullPool

from schemaproof.catalog import Catalog
from schemaproof.finding import Finding
from schemaproof.migration.moments import Moments
from schemaproof.postgres import Database, Server, Template
from schemaproof.proofs.parity.checks import PARITY_AUTOGENERATE, PARITY_CATALOG
from schemaproof.report.causes import told_once

SERIAL = "CREATE TABLE t (id serial PRIMARY KEY"  # how the migrations of most tests begin


def declared(*items: Any, **options: Any) -> MetaData:
    """Metadata with one table t: a serial key ``id``, then ``items`` (columns, constraints, indexes)."""
    metadata = MetaData()
    Table("t", metadata, Column("id", Integer, primary_key=True), *items, **options)
    return metadata


def with_events(metadata: MetaData, moment: str, *statements: str) -> MetaData:
    """``metadata`` with DDL events that run ``statements`` at ``moment``: "before_create" or "after_create"."""
    for statement in statements:
        ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]  # SQLAlchemy has no annotations there
        event.listen(metadata, moment, ddl)
    return metadata


_places: list[str] = []  # where the engine connects to: the last

# One for all databases: each has to learn of the server what it is, and to compile the queries of autogenerate anew.
_ENGINE = create_engine("postgresql+psycopg://", poolclass=NullPool, creator=lambda: psycopg.connect(_places[-1]))


@contextmanager
def _connected(database: Database) -> Iterator[Connection]:
    _places.append(database.dsn)
    try:
        with _ENGINE.connect() as connection:
            yield connection
    finally:
        _places.pop()


class Project:
    """What the parity checks ask of a history.

    Args:
        database: empty; the migrations run there.
        metadata: what the models declare; in one MetaData or several.
        migrations: SQL.
        setup: what env.py runs on each of its connections.
        options: what env.py gives to ``context.configure``.
    """

    version_table: tuple[str | None, str] = (None, "alembic_version")

    def __init__(
        self,
        database: Database,
        metadata: MetaData | list[MetaData],
        migrations: str,
        *,
        setup: str = "",
        **options: object,
    ) -> None:
        self.database = database
        self.metadata = (metadata,) if isinstance(metadata, MetaData) else tuple(metadata)
        self.setup = setup
        self.options = options
        self.runs = 0  # of env.py
        self._kept: dict[Callable[..., Any], Any] = {}
        with psycopg.connect(database.dsn) as connection:
            connection.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
            connection.execute(migrations.encode())
            connection.commit()
            self._catalog = Catalog.read(connection)

    def sharing(self, options: Mapping[str, object]) -> "Project":
        """The same project and database, with another env.py."""
        other = copy(self)
        other.options, other._kept = dict(options), {}
        return other

    @property
    def unstable(self) -> Moments:
        return Moments()

    @property
    def server(self) -> Server:
        return self.database.server

    def head_catalog(self) -> Catalog:
        return self._catalog

    @contextmanager
    def head_copy(self) -> Iterator[Database]:
        with self.server.clone(Template(self.database.name)) as clone:
            yield clone

    def new_database(self) -> Database:
        return self.server.create()

    def surroundings(self) -> AbstractContextManager[object]:
        return nullcontext()

    def in_environment[T](self, work: Callable[[MigrationContext], T]) -> T:
        self.runs += 1
        with _connected(self.database) as connection:
            if self.setup:
                connection.execute(text(self.setup))
            script = SimpleNamespace(env_py_location="env.py")
            opts = {
                "script": script,
                "target_metadata": list(self.metadata),
                "process_revision_directives": None,
                **self.options,
            }
            return work(MigrationContext.configure(connection, opts=opts))

    def kept[T](self, make: Callable[[Self], T]) -> T:
        if make not in self._kept:
            self._kept[make] = make(self)
        return self._kept[make]  # type: ignore[no-any-return]  # what was kept

    def apply(self, remedy: str) -> None:
        """Do what ``remedy`` says, as a revision would."""
        lines = re.split(r" -- or adjust the model\.|\.$|\. With `", remedy.partition("rite in a revision: ")[2])[0]
        with _connected(self.database) as connection:
            context = MigrationContext.configure(connection, opts={"target_metadata": self.metadata[0]})
            exec(lines, {"op": Operations(context), "sa": sqlalchemy})  # noqa: S102 (the lines are this package's own)
            connection.commit()
        with psycopg.connect(self.database.dsn) as read:
            self._catalog, self._kept = Catalog.read(read), {}

    def findings(self) -> list[Finding]:
        """All findings of both checks, each defect told once."""
        checks = (PARITY_AUTOGENERATE, PARITY_CATALOG)
        return told_once([finding for check in checks for finding in check.examine(self)])

    def told(self) -> list[str]:
        """The findings in short: "error autogenerate table public.t"."""
        return [
            f"{finding.severity} {finding.check.removeprefix('parity-')} {finding.object or '-'}"
            for finding in self.findings()
        ]
