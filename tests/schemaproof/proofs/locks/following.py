"""The lines of a remedy, typed and run."""

import psycopg
from sqlalchemy import NullPool, create_engine

from schemaproof.postgres import Database
from tests.schemaproof.lines import run_lines


def follow(remedy: str, database: Database) -> None:
    """Run those of its lines that are Python, each in a transaction of its own, with all keys for one range."""
    engine = create_engine(database.url("psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        run_lines(remedy.replace("... AND ", ""), connection)


def run(statements: str, database: Database) -> None:
    """Run ``statements`` in ``database``."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(statements.encode())
