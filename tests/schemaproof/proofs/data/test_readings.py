"""Which tables and columns the statements of an upgrade read."""

import pytest

from schemaproof.proofs.data.readings import Readings

NOTES = ("public", "notes")


def reads(*statements: str, column: str | None = "body") -> bool:
    functions = {"archive": "INSERT INTO texts SELECT body FROM notes"}
    return Readings(statements, functions, ()).of(NOTES, column)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO texts SELECT body FROM notes",
        "CREATE TABLE texts AS SELECT * FROM notes",
        "CREATE TABLE texts AS TABLE notes; SELECT *",
        "SELECT archive()",
        "DO $$ BEGIN PERFORM archive(); END $$",
        "ALTER TABLE notes RENAME TO texts",
        "INSERT INTO texts SELECT to_jsonb(n) FROM notes n",
    ],
)
def test_column_is_read_by_whatever_takes_its_values(statement: str) -> None:
    assert reads(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE notes",
        "ALTER TABLE notes DROP COLUMN body",
        "CREATE INDEX ON notes (body)",
        "INSERT INTO texts SELECT body FROM letters",
        "INSERT INTO texts SELECT id FROM notes",
    ],
)
def test_column_is_not_read_by_what_only_names_it(statement: str) -> None:
    assert not reads(statement)


def test_table_is_read_by_a_query_of_any_of_its_columns() -> None:
    assert reads("INSERT INTO texts SELECT id FROM notes", column=None)
    assert not reads("DROP TABLE notes", "INSERT INTO texts SELECT name FROM people", column=None)
