"""The lines of a remedy, typed and run."""

from contextlib import nullcontext
from types import SimpleNamespace

import psycopg
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import NullPool, create_engine

from schemaproof.postgres import Database

_LINES = ("op.", "with op.", "for ", "    ")


def follow(remedy: str, database: Database) -> None:
    """Run those of its lines that are Python, each in a transaction of its own, with all keys for one range."""
    code = "\n".join(line for line in remedy.splitlines() if line.startswith(_LINES))
    engine = create_engine(database.url("psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        operations = Operations(MigrationContext.configure(connection))
        op = SimpleNamespace(
            execute=lambda text: connection.exec_driver_sql(text.replace("... AND ", "").replace("%", "%%")),
            get_context=lambda: SimpleNamespace(autocommit_block=nullcontext),
            **{name: getattr(operations, name) for name in ("create_index", "drop_index", "alter_column")},
            drop_constraint=operations.drop_constraint,
        )
        exec(code, {"op": op})  # noqa: S102 (our own lines)


def run(statements: str, database: Database) -> None:
    """Run ``statements`` in ``database``."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(statements.encode())
