"""``prepare-sql``: SQL, files, and what is said of anything else."""

from pathlib import Path

import pytest

from schemaproof.errors import ProofError
from schemaproof.project.preparation import Preparation, of_project

TABLE = "prepare-sql in [tool.schemaproof]"


def test_nothing_is_prepared_where_nothing_is_said(tmp_path: Path) -> None:
    assert of_project(None, tmp_path) == ()


def test_one_statement_needs_no_list(tmp_path: Path) -> None:
    assert of_project("CREATE SCHEMA app", tmp_path) == (Preparation("CREATE SCHEMA app", TABLE),)


def test_file_is_read_from_the_projects_folder(tmp_path: Path) -> None:
    (tmp_path / "init.SQL").write_text("CREATE SCHEMA a; CREATE SCHEMA b;")
    found = of_project(["CREATE SCHEMA app", "init.SQL"], tmp_path)
    assert found[1] == Preparation("CREATE SCHEMA a; CREATE SCHEMA b;", "init.SQL")


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        (3, f"{TABLE} is 3."),
        ([3], f"{TABLE} has 3."),
        ([" "], f"{TABLE} has ' '."),
        ("missing.sql", f"{TABLE} names missing.sql, which can't be read: No such file or directory."),
        ("latin.sql", "latin.sql is not encoded in UTF-8"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, value: object, cause: str) -> None:
    (tmp_path / "latin.sql").write_bytes(b"-- caf\xe9")
    with pytest.raises(ProofError) as caught:
        of_project(value, tmp_path)
    assert caught.value.cause.startswith(cause)
