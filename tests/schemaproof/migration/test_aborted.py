"""What aborted the transaction is told above the error that only says so."""

from pathlib import Path

import pytest

from schemaproof.migration.environment import Run
from schemaproof.migration.failing import failure
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from tests.schemaproof.projects import make_project, table

CAUGHT = """
try:
    op.execute({sql!r})
except Exception:
    pass
op.execute("SELECT 1")
"""

PAST_SQLALCHEMY = """
cursor = op.get_bind().connection.cursor()
try:
    cursor.execute("SELECT * FROM missing")
except Exception:
    op.execute("SELECT 1")
"""

IN_A_SAVEPOINT = """
try:
    with op.get_bind().begin_nested():
        op.execute("SELECT * FROM missing")
except Exception:
    pass
"""


def run_of(folder: Path, server: Server, code: str) -> Run:
    """The run of an upgrade whose body is ``code``."""
    subject = make_project(folder, [table("items")])
    path = folder / "migrations" / "versions" / "0001.py"
    body = "\n".join(f"    {line}" for line in code.splitlines())
    path.write_text(path.read_text().replace("def upgrade():\n", f"def upgrade():\n{body}\n"))
    with open_history(subject, server) as history:
        run = history.stairs("0001").up
        assert run.told_error.count("at migrations/versions/0001.py") == (
            0 if run.error is None else 1 + bool(run.first)
        )
        return run


@pytest.mark.parametrize(
    ("code", "first"),
    [
        (CAUGHT.format(sql="DROP TABLE missing"), 'table "missing" does not exist'),
        (PAST_SQLALCHEMY, 'relation "missing" does not exist'),
        (IN_A_SAVEPOINT + CAUGHT.format(sql="DROP TYPE gone"), 'type "gone" does not exist'),
    ],
)
def test_error_that_was_caught_is_told_first(tmp_path: Path, own_server: Server, code: str, first: str) -> None:
    told = run_of(tmp_path, own_server, code).told
    assert first in told.splitlines()[0]
    assert told.index(first) < told.index("current transaction is aborted")


def test_error_that_a_savepoint_took_back_is_no_cause(tmp_path: Path, own_server: Server) -> None:
    run = run_of(tmp_path, own_server, IN_A_SAVEPOINT + 'op.execute("SELECT * FROM another")')
    assert run.first is None
    assert run.told.splitlines()[0].endswith('relation "another" does not exist')


@pytest.mark.parametrize(
    ("sql", "remedy"),
    [
        ("DROP TYPE gone", '`op.execute("DROP TYPE IF EXISTS gone")`'),
        ("ALTER TABLE t DROP CONSTRAINT c", "begin_nested"),  # what IF EXISTS does not cover: the table is missing
        ("SELECT 1 / 0", "`with op.get_bind().begin_nested():`"),
    ],
)
def test_remedy_is_about_the_statement_that_failed_first(
    tmp_path: Path, own_server: Server, sql: str, remedy: str
) -> None:
    assert remedy in str(failure(run_of(tmp_path, own_server, CAUGHT.format(sql=sql)))["remedy"])
