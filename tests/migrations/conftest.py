"""Alembic's commands as the tests call them, and what PostgreSQL's catalog says of a schema."""

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from schema.migrate import ALEMBIC_INI
from schemaproof.postgres import Database

REVISION = '''"""A revision of the test's own."""

from alembic import op

revision = "{revision}"
down_revision = "{after}"


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    {downgrade}
'''


@dataclass(frozen=True)
class Alembic:
    """Alembic's commands, in this process, on the database at ``url`` with the project in ``root``."""

    url: str
    root: Path = ALEMBIC_INI.parent
    options: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)

    def run(self, name: str, *arguments: Any, **named: Any) -> str:
        """Run one of alembic.command and return what it printed."""
        output = io.StringIO()
        config = Config(
            self.root / "alembic.ini", stdout=output, output_buffer=output, attributes=dict(self.attributes)
        )
        for option, value in {"prepend_sys_path": "", "sqlalchemy.url": self.url, **self.options}.items():
            config.set_main_option(option, value.replace("%", "%%"))
        getattr(command, name)(config, *arguments, **named)
        return output.getvalue()

    def upgrade(self, revision: str = "head") -> None:
        self.run("upgrade", revision)

    def downgrade(self, revision: str = "base") -> None:
        self.run("downgrade", revision)

    def autogenerate(self) -> str:
        """Write a revision file with ``revision --autogenerate`` and return its text."""
        assert self.root != ALEMBIC_INI.parent, "a test writes revisions to a copy of the project only"
        before = set(self.versions.iterdir())
        self.run("revision", "proposal", autogenerate=True)
        (made,) = set(self.versions.iterdir()) - before
        return made.read_text()

    def add(self, revision: str, upgrade: str, downgrade: str = "pass", after: str = "0001") -> None:
        """Write a revision file to the copy of the project."""
        assert self.root != ALEMBIC_INI.parent, "a test writes revisions to a copy of the project only"
        text = REVISION.format(revision=revision, after=after, upgrade=upgrade, downgrade=downgrade)
        (self.versions / f"{revision}.py").write_text(text)

    @property
    def versions(self) -> Path:
        return self.root / "migrations" / "versions"


@pytest.fixture(autouse=True)
def _no_database_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own DATABASE_URL is no test's database."""
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.fixture
def database_url(empty_database: Database) -> str:
    return empty_database.url().render_as_string(hide_password=False)


@pytest.fixture
def alembic(database_url: str) -> Alembic:
    """Alembic on an empty database."""
    return Alembic(database_url)


@pytest.fixture
def project_copy(tmp_path: Path) -> Path:
    """A copy of alembic.ini and migrations/, to which a test may add revisions."""
    shutil.copy(ALEMBIC_INI, tmp_path)
    shutil.copytree(
        ALEMBIC_INI.parent / "migrations", tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


@pytest.fixture
def alembic_copy(database_url: str, project_copy: Path) -> Alembic:
    """Alembic on an empty database, with a project of the test's own."""
    return Alembic(database_url, project_copy)


@pytest.fixture
def server(empty_database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection to look at the empty database, and what was made of it, from outside; it autocommits."""
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        yield connection


COLUMNS = """
    SELECT relname || '.' || attname, attnum, format_type(atttypid, atttypmod), attnotnull,
           pg_get_expr(adbin, adrelid), attidentity, attgenerated, attcollation::regcollation::text
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
         LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relnamespace = to_regnamespace('faceplate') AND relkind IN ('r', 'v', 'm', 'p')
      AND attnum > 0 AND NOT attisdropped
"""
CONSTRAINTS = """
    SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid), convalidated, condeferrable
    FROM pg_constraint WHERE connamespace = to_regnamespace('faceplate')
"""
INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = to_regnamespace('faceplate')
"""
OTHERS = """
    SELECT relkind::text, relname FROM pg_class WHERE relnamespace = to_regnamespace('faceplate')
    UNION ALL SELECT 'function', proname FROM pg_proc WHERE pronamespace = to_regnamespace('faceplate')
    UNION ALL SELECT 'type', typname FROM pg_type WHERE typnamespace = to_regnamespace('faceplate')
    UNION ALL SELECT 'trigger', tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
              WHERE relnamespace = to_regnamespace('faceplate') AND NOT tgisinternal
    UNION ALL SELECT 'schema', nspname FROM pg_namespace WHERE nspname = 'faceplate'
"""


@pytest.fixture
def catalog_of() -> Callable[[psycopg.Connection[Any]], set[tuple[Any, ...]]]:
    """Read what PostgreSQL knows of the schema faceplate; Alembic's version table is left out."""

    def read(connection: psycopg.Connection[Any]) -> set[tuple[Any, ...]]:
        facts = {row for query in (COLUMNS, CONSTRAINTS, INDEXES, OTHERS) for row in connection.execute(query)}
        return {fact for fact in facts if not any("alembic_version" in str(value) for value in fact)}

    return read


@pytest.fixture
def rows_of() -> Callable[[psycopg.Connection[Any]], dict[str, list[str]]]:
    """Read every row of every table in faceplate, the version table included."""

    def read(connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace('faceplate')"
        ).fetchall()
        return {
            name: [row for (row,) in connection.execute(f"SELECT t::text FROM faceplate.{name} AS t ORDER BY 1")]
            for (name,) in tables
        }

    return read


ROWS = """
    INSERT INTO faceplate.users (email, subject_id) SELECT n || '@example.com', n::text FROM generate_series(1, 3) AS n;
    INSERT INTO faceplate.conversations (user_id, title) SELECT id, 'about ' || email FROM faceplate.users;
    INSERT INTO faceplate.messages (conversation_id, role, content, tool_calls)
        SELECT id, 'user', 'Hello', '[{"name": "search"}]' FROM faceplate.conversations;
    INSERT INTO faceplate.mcp_configs (user_id, name, config) SELECT id, 'files', '{"path": "/"}' FROM faceplate.users;
"""


@pytest.fixture
def insert_rows() -> Callable[[psycopg.Connection[Any]], None]:
    """Fill each of Faceplate's tables with three rows."""

    def insert(connection: psycopg.Connection[Any]) -> None:
        connection.execute(ROWS)

    return insert
