"""What to do where an extension brings what a revision lacks."""

from pathlib import Path

import pytest

from schemaproof.migration.extensions import extension_remedy
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.upgrade.checks import UPGRADE_FROM_EMPTY
from tests.schemaproof.projects import Step, make_project


@pytest.mark.parametrize(
    ("statement", "begins", "line"),
    [
        (
            "CREATE TABLE t (v vector(3))",
            "vector comes from the extension vector.",
            'prepare-sql = "CREATE EXTENSION vector"',
        ),
        ("CREATE TABLE t (v public.citext)", "citext comes from", '"CREATE EXTENSION citext"'),
        ("CREATE TABLE t (v halfvec[])", "halfvec comes from the extension vector.", ""),
        ("SELECT uuid_generate_v4()", "uuid_generate_v4 comes from", "prepare-sql = 'CREATE EXTENSION \"uuid-ossp\"'"),
        (
            "CREATE TABLE t (v text); CREATE INDEX ON t USING gin (v gin_trgm_ops)",
            "gin_trgm_ops comes from the extension pg_trgm.",
            "CREATE EXTENSION pg_trgm",
        ),
    ],
)
def test_extension_that_brings_what_is_missing_is_named(
    statement: str, begins: str, line: str, tmp_path: Path, postgres_server: Server
) -> None:
    with open_history(make_project(tmp_path, [Step(statement)]), postgres_server) as history:
        (found,) = UPGRADE_FROM_EMPTY.examine(history, "0001")
    assert found.remedy.startswith(begins)
    assert line in found.remedy


@pytest.mark.parametrize("statement", ["CREATE TABLE t (v mood)", "SELECT no_such_function()", "SELECT no_such_column"])
def test_what_no_extension_is_known_to_bring_is_the_revisions_own(
    statement: str, tmp_path: Path, postgres_server: Server
) -> None:
    with open_history(make_project(tmp_path, [Step(statement)]), postgres_server) as history:
        assert extension_remedy(history.stairs("0001").up.error) is None
        (found,) = UPGRADE_FROM_EMPTY.examine(history, "0001")
    assert found.remedy == UPGRADE_FROM_EMPTY.remedy
