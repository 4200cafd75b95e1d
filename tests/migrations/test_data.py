"""What a migration does to a database that is in use: its rows, its failures, its duration."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from tests.migrations.conftest import Alembic

Connection = psycopg.Connection[Any]
CatalogOf = Callable[[Connection], set[tuple[Any, ...]]]
RowsOf = Callable[[Connection], dict[str, list[str]]]
InsertRows = Callable[[Connection], None]

VERSION = "alembic_version"
FAIL = 'op.execute("SELECT 1 / 0")'


def test_existing_rows_survive_an_upgrade_and_its_downgrade(
    alembic_copy: Alembic, server: Connection, rows_of: RowsOf, insert_rows: InsertRows
) -> None:
    alembic_copy.upgrade()
    insert_rows(server)
    before = rows_of(server)
    alembic_copy.add(
        "0002",
        "op.execute(\"ALTER TABLE faceplate.users ADD locale text NOT NULL DEFAULT 'en'\")",
        'op.execute("ALTER TABLE faceplate.users DROP locale")',
    )

    alembic_copy.upgrade()
    upgraded = rows_of(server)
    alembic_copy.downgrade("0001")

    assert {name: len(rows) for name, rows in before.items()} == {
        "users": 3,
        "conversations": 3,
        "messages": 3,
        "mcp_configs": 3,
        VERSION: 1,
    }
    assert upgraded["users"] == [f"{row[:-1]},en)" for row in before["users"]]
    assert {name: rows for name, rows in upgraded.items() if name not in {"users", VERSION}} == {
        name: rows for name, rows in before.items() if name not in {"users", VERSION}
    }
    assert rows_of(server) == before


def test_existing_rows_survive_an_upgrade_that_has_nothing_to_do(
    alembic: Alembic, server: Connection, rows_of: RowsOf, insert_rows: InsertRows
) -> None:
    alembic.upgrade()
    insert_rows(server)
    before = rows_of(server)

    alembic.upgrade()

    assert rows_of(server) == before


def test_downgrade_to_base_and_upgrade_work_again_and_again(
    alembic: Alembic, server: Connection, catalog_of: CatalogOf
) -> None:
    alembic.upgrade()
    head = catalog_of(server)

    for _ in range(3):
        alembic.downgrade()
        assert catalog_of(server) == {("schema", "faceplate")}
        alembic.upgrade()
        assert catalog_of(server) == head


def test_migration_that_fails_midway_leaves_catalog_rows_and_version(
    alembic_copy: Alembic, server: Connection, catalog_of: CatalogOf, rows_of: RowsOf, insert_rows: InsertRows
) -> None:
    alembic_copy.upgrade()
    insert_rows(server)
    before = catalog_of(server), rows_of(server)
    alembic_copy.add(
        "0002",
        f"""op.execute("CREATE TABLE faceplate.extra (id int PRIMARY KEY)")
    op.execute("ALTER TABLE faceplate.users ADD locale text")
    op.execute("UPDATE faceplate.conversations SET title = 'changed'")
    op.execute("DELETE FROM faceplate.messages")
    {FAIL}""",
    )

    with pytest.raises(DBAPIError, match="division by zero"):
        alembic_copy.upgrade()

    assert (catalog_of(server), rows_of(server)) == before


def test_downgrade_that_fails_midway_leaves_catalog_rows_and_version(
    alembic_copy: Alembic, server: Connection, catalog_of: CatalogOf, rows_of: RowsOf, insert_rows: InsertRows
) -> None:
    alembic_copy.add("0002", "pass", f'op.execute("DROP TABLE faceplate.messages")\n    {FAIL}')
    alembic_copy.upgrade()
    insert_rows(server)
    before = catalog_of(server), rows_of(server)

    with pytest.raises(DBAPIError, match="division by zero"):
        alembic_copy.downgrade()

    assert (catalog_of(server), rows_of(server)) == before


def test_first_migration_that_fails_leaves_the_database_empty(
    alembic_copy: Alembic, server: Connection, catalog_of: CatalogOf
) -> None:
    """The schema itself and the version table come and go with the first migration."""
    initial = alembic_copy.versions / "0001_initial.py"
    initial.write_text(initial.read_text().replace("\n\n\ndef downgrade", f"\n    {FAIL}\n\n\ndef downgrade"))

    with pytest.raises(DBAPIError, match="division by zero"):
        alembic_copy.upgrade()

    assert catalog_of(server) == set()
    assert server.execute("SELECT to_regclass('faceplate.alembic_version')").fetchone() == (None,)


def test_migrations_before_the_one_that_fails_are_kept(alembic_copy: Alembic, server: Connection) -> None:
    """One transaction per migration: the next run goes on from there."""
    alembic_copy.add("0002", 'op.execute("CREATE TABLE faceplate.extra (id int)")')
    alembic_copy.add("0003", FAIL, after="0002")

    with pytest.raises(DBAPIError, match="division by zero"):
        alembic_copy.upgrade()

    assert server.execute(
        "SELECT version_num, to_regclass('faceplate.extra')::text FROM faceplate.alembic_version"
    ).fetchall() == [("0002", "faceplate.extra")]


def test_migrations_complete_in_under_five_seconds(
    alembic: Alembic, record_property: Callable[[str, object], None]
) -> None:
    """SC-001; the time goes to the JUnit report, and to the terminal with -s."""
    start = perf_counter()
    alembic.upgrade()
    seconds = perf_counter() - start

    record_property("migration_seconds", round(seconds, 3))
    print(f"\nSC-001: empty database to head in {seconds:.3f} s (bound: 5 s)")
    assert seconds < 5
