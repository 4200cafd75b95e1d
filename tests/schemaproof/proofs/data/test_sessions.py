"""What of a revision depends on the session, and which of its statements are told for it."""

from pathlib import Path

from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.data.sessions import SESSION_INDEPENDENT
from tests.schemaproof.projects import Step, make_project

TABLES = (
    "CREATE TABLE innocent (id int PRIMARY KEY, at timestamptz NOT NULL);"
    "CREATE TABLE naive (id int PRIMARY KEY, at timestamp NOT NULL, seen timestamp NOT NULL)"
)


def test_statements_and_columns_are_those_of_the_tables_that_differ(tmp_path: Path, own_server: Server) -> None:
    up = (
        "ALTER TABLE innocent ALTER at TYPE timestamptz'); op.execute('ALTER TABLE naive ALTER at TYPE timestamptz,"
        " ALTER seen TYPE timestamptz"
    )
    subject = make_project(tmp_path, [Step(TABLES), Step("UP")])
    path = tmp_path / "migrations" / "versions" / "0002.py"
    path.write_text(path.read_text().replace("op.execute('UP')", f"op.execute('{up}')"))

    with open_history(subject, own_server) as history:
        (finding,) = SESSION_INDEPENDENT.examine(history, "0002")

    assert finding.object == "column public.naive.at"
    statements = [line for line in finding.evidence.splitlines() if line.startswith("statement:")]
    assert statements == ["statement: ALTER TABLE naive ALTER at TYPE timestamptz, ALTER seen TYPE timestamptz"]
    assert finding.evidence.splitlines()[-1] == "the same of public.naive.seen"
