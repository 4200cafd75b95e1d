"""Databases on one server: created empty, or cloned from a template named after a hash of what built it."""

# ruff: noqa: S608 (what is put together here are this module's own queries; names are parameters)

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import monotonic, sleep
from types import TracebackType
from typing import Any, LiteralString, Self

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from schemaproof.postgres.errors import PostgresError
from schemaproof.postgres.options import Options
from schemaproof.postgres.owner import Owner

# Every database that the harness makes carries it, and only databases that carry it are ever dropped.
PREFIX = "schemaproof_"

# A session that was closed, or told to end, takes a moment. CREATE DATABASE, DROP DATABASE and pg_terminate_backend()
# wait for it too, but look every 100 ms only.
_GONE_WITHIN = 1.0  # seconds; then the statement itself decides
_LOOK = 0.001  # seconds between two looks
_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"

# pg_catalog's name type, PostgreSQL manual, "Identifiers and Key Words".
_MAX_NAME = 63  # bytes


@dataclass(frozen=True)
class Database:
    """One database that the harness created; as a context manager it is dropped at the end."""

    name: str
    server: "Server" = field(repr=False)

    def url(self, driver: str = "asyncpg") -> URL:
        """SQLAlchemy's URL, for ``driver`` ("asyncpg", "psycopg", ...)."""
        url = self.server.url.set(drivername=f"postgresql+{driver}", database=self.name)
        if driver == "asyncpg" and "sslmode" in url.query:  # libpq's name for it, which asyncpg.connect() refuses
            url = url.update_query_dict({"ssl": url.query["sslmode"]}).difference_update_query(["sslmode"])
        return url

    @property
    def dsn(self) -> str:
        """The connection string for libpq, asyncpg and psql, password included."""
        url = self.server.url.set(drivername="postgresql", database=self.name)
        return url.render_as_string(hide_password=False)

    @property
    def psql(self) -> str:
        """The command that connects to it; the password of a server that the user named is left out."""
        url = self.server.url.set(drivername="postgresql", database=self.name)
        if not self.server.disposable:
            query = {name: value for name, value in url.query.items() if "password" not in name}
            url = URL.create(url.drivername, url.username, None, url.host, url.port, url.database, query)
        return f"psql '{url.render_as_string(hide_password=False)}'"

    def drop(self) -> None:
        """Drop it, connected sessions included; no error if it is gone already."""
        self.server.drop(self.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()


@dataclass(frozen=True)
class Template:
    """A finished database that accepts no connections and exists to be cloned."""

    name: str


@dataclass
class Server:
    """A running PostgreSQL server, seen by one process.

    Plain data but for the connection that it opens on first use, so that it travels to xdist workers.

    Attributes:
        url: where it is; its database is the one that administrative statements are sent from, never written to.
        owner: the process that started the server, and that databases are named after.
        about: which server and why, for people: "embedded PostgreSQL 17.10 (no Docker engine answered)".
        disposable: whether it is removed at the end of the run; False for one that the user named.
        release: what ``version_text`` said when the server was started; it outlives the server.
        run: tells apart two uses of one server by the same owner; part of every database name.
        options: how to start another server like it: the options it was started with, with the provider that was found
            instead of "auto"; None for one that the user named, or that was started by other means.
    """

    url: URL
    owner: Owner
    about: str
    disposable: bool = True
    release: str = ""
    run: str = field(default_factory=lambda: secrets.token_hex(3))
    options: Options | None = None
    _open: psycopg.Connection[tuple[Any, ...]] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def _connection(self) -> psycopg.Connection[tuple[Any, ...]]:
        """The administrative connection; a new one where a test ended the last, as tests of outages do."""
        if self._open is None or self._open.closed:
            self._open = self._connect()
        return self._open

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        dsn = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            # Autocommit: CREATE DATABASE runs in no transaction block.
            return psycopg.connect(dsn, autocommit=True, connect_timeout=10, application_name="schemaproof")
        except psycopg.Error as error:
            raise PostgresError(
                f"Can't connect to the PostgreSQL server {self.address}.",
                evidence=str(error),
                remedy="Check that it runs, and that the user, password and parameters in its URL are right.",
            ) from error

    def __getstate__(self) -> dict[str, object]:
        """Leave the connection behind: another process opens its own."""
        return self.__dict__ | {"_open": None}

    @property
    def address(self) -> str:
        """Where it is, for people: "user@host:port/database", whatever else the URL says."""
        host = self.url.host or self.url.query.get("host", "localhost")
        port = self.url.port or self.url.query.get("port", 5432)
        return f"{self.url.username or ''}@{host}:{port}/{self.url.database}"

    @property
    def version(self) -> int:
        """``server_version_num``: 170011 for 17.11."""
        return self._connection.info.server_version

    @property
    def version_text(self) -> str:
        """The release alone: "17.11", without the packager's additions."""
        return (self._connection.info.parameter_status("server_version") or "").split(" ")[0]

    @property
    def build(self) -> str:
        """What ``version()`` says: the release, with the packager's additions, and what it was compiled for."""
        (text,) = self._administer("SELECT version()").fetchone() or ("",)
        return str(text)

    def create(self) -> Database:
        """A new empty database, from ``template0``: without what an administrator has added to ``template1``.

        Raises:
            PostgresError: if the user of a named server may not create databases.
        """
        return self._create("template0")

    def clone(self, template: Template | None) -> Database:
        """A new database like ``template``, on which no session must be; an empty one for None."""
        if template is None:
            return self.create()
        self._wait_until_gone(_SESSIONS, template.name)
        return self._create(template.name)

    def template(self, parts: Iterable[str | bytes], build: Callable[[Database], None]) -> Template:
        """The template that ``build`` makes from an empty database, built once per run and set of ``parts``.

        Args:
            parts: everything that ``build`` depends on (file contents, versions); hashed into the name.
            build: called with the empty database; must close its connections. If it raises, so does this, and nothing
                is left of the attempt.

        Processes that ask at the same time wait for the one that builds (by an advisory lock on the server).
        """
        name = self._name("t", _digest(parts))
        self.require()  # a lost connection is replaced here: in the transaction it could not be
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
            # CREATE DATABASE runs in no transaction, and this one holds the lock.
            builder = replace(self)
            try:
                builder.build_template(name, build)
            finally:
                builder.close()
        return Template(name)

    def build_template(self, name: str, build: Callable[[Database], None]) -> None:
        """Build the template ``name`` unless it is complete; the caller holds its lock."""
        found = self._administer("SELECT datistemplate FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found == (True,):
            return
        if found is not None:  # its builder died: the mark is set last
            self.drop(name)
        self._execute_create(name, "template0")
        try:
            build(Database(name, self))
            self._execute("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true", name)
        except BaseException:
            self.drop(name)
            raise

    def drop(self, name: str) -> None:
        """Drop the database ``name`` (a template too), ending the sessions on it; none of that name is no error.

        Raises:
            ValueError: when the harness did not make it.
        """
        if not name.startswith(PREFIX):
            raise ValueError(f"{name!r} is not a database of this harness: its name does not begin with {PREFIX!r}")
        query: LiteralString = f"SELECT datistemplate, EXISTS ({_SESSIONS}) FROM pg_database WHERE datname = %s"
        is_template, in_use = self._administer(query, [name, name]).fetchone() or (False, False)
        if is_template:
            # Where another process is dropping it at this moment, DROP decides.
            with suppress(psycopg.errors.InternalError_, psycopg.errors.ObjectNotInPrerequisiteState):
                self._execute("ALTER DATABASE {} WITH IS_TEMPLATE false", name)
        if in_use:
            with suppress(psycopg.errors.InsufficientPrivilege):  # of a named server's user; here too, DROP decides
                self._end(_SESSIONS, name)
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def require(self) -> None:
        """Check that the server answers.

        Raises:
            PostgresError: if it is lost.
        """
        self._administer("SELECT")

    def extensions(self) -> set[str]:
        """The names of the extensions that CREATE EXTENSION can create here."""
        return {name for (name,) in self._administer("SELECT name FROM pg_available_extensions").fetchall()}

    def roles(self) -> set[str]:
        """The names of all roles."""
        return {name for (name,) in self._administer("SELECT rolname FROM pg_roles").fetchall()}

    def made(self, name: str) -> bool:
        """Whether ``name`` contains the name of a database of this run."""
        return self._name("", "") in name

    def create_role(self, name: str) -> None:
        """Create the role ``name``, without LOGIN, for a subject of the harness.

        Raises:
            PostgresError: if the user of a named server may not.
        """
        self._execute("CREATE ROLE {}", name)

    def drop_role(self, name: str) -> None:
        """Drop the role ``name``, which was created for a subject and which no database needs any more.

        Raises:
            psycopg.Error: when the server refuses.
        """
        self._execute("DROP ROLE IF EXISTS {}", name)

    def close_off(self, name: str) -> None:
        """Refuse all further connections to the database ``name`` of this harness; its name stays taken."""
        self._execute("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false", name)

    def end_sessions(self, name: str) -> None:
        """End all sessions on the database ``name`` except the harness' own, and wait until they are gone."""
        self._end(_SESSIONS + " AND application_name <> 'schemaproof'", name)

    def drop_all(self) -> None:
        """Drop every database that this run created, templates included."""
        for name in self._names():
            if name.startswith(self._name("", "")):
                self.drop(name)

    def sweep(self) -> None:
        """Drop the databases of runs whose process is gone; one that can't be dropped is left alone."""
        for name in self._names():
            owner = Owner.find(name)
            if owner is not None and owner.gone():
                # Another run sweeps it as well, or it belongs to another role.
                with suppress(PostgresError, psycopg.Error):
                    self.drop(name)

    def close(self) -> None:
        """Close the administrative connection; the next use opens another."""
        if self._open is not None:
            self._open.close()

    def _names(self) -> list[str]:
        query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        return [name for (name,) in self._administer(query, [PREFIX]).fetchall()]

    def _create(self, template: str) -> Database:
        name = self._name("d", secrets.token_hex(5))
        self._execute_create(name, template)
        return Database(name, self)

    def _execute_create(self, name: str, template: str) -> None:
        # Copying the files takes half the time of writing them through the WAL (9 against 16 ms), but it brings two
        # checkpoints, which only a server without fsync has for nothing. 14 copies files and knows no other way.
        strategy = " STRATEGY FILE_COPY" if self.disposable and self.version >= 150000 else ""
        self._execute("CREATE DATABASE {} TEMPLATE {}" + strategy, name, template)

    def _name(self, kind: str, unique: str) -> str:
        name = f"{PREFIX}{self.owner.token}_{self.run}_{kind}{unique}"
        assert len(name) <= _MAX_NAME, name  # noqa: S101 (by construction; PostgreSQL would cut it silently)
        return name

    def _end(self, sessions: LiteralString, name: str) -> None:
        """End the ``sessions`` on the database ``name``, and wait until they are gone."""
        self._administer(f"SELECT pg_terminate_backend(pid) FROM ({sessions}) found", [name])
        self._wait_until_gone(sessions, name)

    def _wait_until_gone(self, sessions: LiteralString, name: str) -> None:
        deadline = monotonic() + _GONE_WITHIN
        while self._administer(sessions, [name]).fetchone() and monotonic() < deadline:
            sleep(_LOOK)

    def _execute(self, statement: str, *identifiers: str) -> None:
        """Run ``statement`` with quoted ``identifiers``; names cannot be parameters."""
        query = sql.SQL(statement).format(*map(sql.Identifier, identifiers))
        try:
            self._administer(query)
        except psycopg.errors.InsufficientPrivilege as error:
            privilege = "CREATEROLE" if " ROLE " in statement else "CREATEDB"
            raise PostgresError(
                f"The user of {self.address} may not run {statement.split(' {', maxsplit=1)[0]}: {error}.",
                remedy=f'Run as a superuser: ALTER ROLE "{self.url.username}" {privilege};'
                " or use the URL of another user.",
            ) from error

    def _administer(self, query: sql.Composed | LiteralString, values: Sequence[str] = ()) -> psycopg.Cursor[Any]:
        """Run ``query``; once more on a new connection where a test has ended the old one's session."""
        connection = self._connection
        try:
            return connection.execute(query, values)
        except psycopg.OperationalError:
            if not connection.broken:
                raise
        try:
            return self._connection.execute(query, values)
        except psycopg.OperationalError as error:
            raise PostgresError(
                f"The PostgreSQL server {self.address} was lost during the run.",
                evidence=str(error),
                remedy="Find out in its log (or `docker logs`, `dmesg`) what ended it, then run again.",
            ) from error


def connect_url(value: str) -> URL:
    """``value`` as the URL of a server: without a driver, and with the database postgres where it names none."""
    url = make_url(value)
    return url.set(drivername="postgresql", database=url.database or "postgres")


def _digest(parts: Iterable[str | bytes]) -> str:
    """Twelve hex digits of all ``parts``, their boundaries included."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8) + data)
    return digest.hexdigest()[:12]
