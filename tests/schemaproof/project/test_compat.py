"""What is asked of Alembic in another way than it was: run with the lowest release by ``nox -s oldest``."""

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from schemaproof.project.compat import (
    configured_locations,
    files_in,
    load_revision,
    make_config,
    option,
    version_locations,
)
from tests.schemaproof.projects import make_project, table
from tests.schemaproof.stock import TEMPLATES


def ini(folder: Path, *lines: str) -> Path:
    path = folder / "alembic.ini"
    path.write_text("\n".join(["[alembic]", "script_location = %(here)s/migrations", *lines]))
    return path


def test_option_is_what_the_ini_says_or_nothing(tmp_path: Path) -> None:
    config = make_config(ini(tmp_path, "file_template = %%(rev)s"), tmp_path / "pyproject.toml")
    assert option(config, "script_location") == f"{tmp_path}/migrations"
    assert option(config, "file_template") == "%(rev)s"
    assert option(config, "timezone") is None


@pytest.mark.skipif("pyproject" not in TEMPLATES, reason="Alembic reads no pyproject.toml before 1.16")
def test_option_is_what_pyproject_says(tmp_path: Path) -> None:
    toml = tmp_path / "pyproject.toml"
    toml.write_text('[tool.alembic]\nscript_location = "db"\nversion_locations = ["a", "b"]\n')
    config = make_config(tmp_path / "alembic.ini", toml)
    assert option(config, "script_location") == "db"
    assert list(configured_locations(config)) == ["a", "b"]


@pytest.mark.parametrize(
    ("lines", "locations"),
    [
        ([], []),
        (["version_locations = a:b c", "version_path_separator = :"], ["a", "b c"]),
        (["version_locations = a b", "version_path_separator = space"], ["a", "b"]),
        (["version_locations = a;b", "version_path_separator = ;"], ["a", "b"]),
        (["version_locations = a:b c", "version_path_separator = os"], ["a", "b c"]),
    ],
)
@pytest.mark.filterwarnings("ignore:The version_path_separator:DeprecationWarning")
def test_configured_locations_are_separated_as_the_ini_says(
    tmp_path: Path, lines: list[str], locations: list[str]
) -> None:
    config = make_config(ini(tmp_path, *lines), tmp_path / "pyproject.toml")
    assert list(configured_locations(config)) == locations


def test_revisions_are_found_in_their_folder_and_imported(tmp_path: Path) -> None:
    make_project(tmp_path, [table("t")])
    versions = tmp_path / "migrations" / "versions"
    (versions / "notes.txt").write_text("")
    script = ScriptDirectory.from_config(make_config(tmp_path / "alembic.ini", tmp_path / "pyproject.toml"))
    assert version_locations(script) == [versions]
    found = {path.name: load_revision(script, path) for path in files_in(script, versions)}
    assert found["notes.txt"] is None
    assert found["0001.py"] is not None
    assert found["0001.py"].revision == "0001"


def test_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    make_project(tmp_path, [])
    script = ScriptDirectory.from_config(make_config(tmp_path / "alembic.ini", tmp_path / "pyproject.toml"))
    assert files_in(script, tmp_path / "nowhere") == []
