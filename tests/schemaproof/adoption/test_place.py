"""Where an Alembic environment is found."""

from pathlib import Path

import pytest

from schemaproof.adoption.place import Place, find
from schemaproof.errors import ProofError


def environment(folder: Path) -> Path:
    """An env.py beside versions/."""
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").touch()
    return folder


def test_configuration_in_the_projects_folder_needs_no_setting(tmp_path: Path) -> None:
    folder = environment(tmp_path / "migrations")
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = x\n")
    why = "script_location = migrations in alembic.ini"
    assert find(tmp_path) == Place(Path("alembic.ini"), None, folder, "x", why)


def test_configuration_in_pyproject_needs_no_setting(tmp_path: Path) -> None:
    folder = environment(tmp_path / "migrations")
    (tmp_path / "pyproject.toml").write_text('[tool.alembic]\nscript_location = "%(here)s/migrations"\n')
    found = find(tmp_path)
    assert (found.alembic_ini, found.script_location, found.folder) == (None, None, folder)
    assert found.why.endswith("in pyproject.toml")


def test_section_of_another_name_is_found(tmp_path: Path) -> None:
    folder = environment(tmp_path / "core")
    environment(tmp_path / "tenant")
    ini = "".join(f"[{one}]\nscript_location = %(here)s/{one}\nsqlalchemy.url = {one}\n" for one in ("core", "tenant"))
    (tmp_path / "alembic.ini").write_text(ini)
    found = find(tmp_path)
    assert (found.name, found.others, found.folder, found.url) == ("core", ("tenant",), folder, "core")


def test_alembics_own_section_goes_before_others(tmp_path: Path) -> None:
    environment(tmp_path / "migrations")
    (tmp_path / "alembic.ini").write_text(
        "[tenant]\nscript_location = tenant\n[alembic]\nscript_location = migrations\n"
    )
    found = find(tmp_path)
    assert (found.name, found.others) == ("alembic", ("tenant",))


def test_configuration_below_is_found(tmp_path: Path) -> None:
    folder = environment(tmp_path / "app" / "db" / "migrations")
    (tmp_path / "app" / "db" / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    found = find(tmp_path)
    assert (found.alembic_ini, found.folder) == (Path("app/db/alembic.ini"), folder)


def test_configuration_is_found_however_deep_a_package_has_it(tmp_path: Path) -> None:
    folder = environment(tmp_path / "src" / "app" / "internal" / "server" / "db" / "migrations")
    (folder.parent / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    assert find(tmp_path).folder == folder


def test_environment_without_a_configuration_is_found_however_deep_a_package_has_it(tmp_path: Path) -> None:
    folder = environment(tmp_path / "app" / "databases" / "postgres" / "migrations" / "core")
    assert find(tmp_path).folder == folder


def test_configuration_further_down_than_an_environment_is_another_ones(tmp_path: Path) -> None:
    folder = environment(tmp_path / "migrations")
    template = environment(tmp_path / "app" / "templates" / "service" / "migrations")
    (template.parent / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    assert (find(tmp_path).alembic_ini, find(tmp_path).folder) == (None, folder)


def test_configuration_in_pyproject_comes_before_one_below(tmp_path: Path) -> None:
    folder = environment(tmp_path / "app" / "db" / "migrations")
    (tmp_path / "pyproject.toml").write_text('[tool.alembic]\nscript_location = "%(here)s/app/db/migrations"\n')
    (tmp_path / "app" / "alembic.ini").write_text("[alembic]\nscript_location = gone\n")
    assert (find(tmp_path).alembic_ini, find(tmp_path).folder) == (None, folder)


def test_folder_that_is_not_there_is_told_with_the_one_that_is(tmp_path: Path) -> None:
    """As where an image has the code in another place than the repository."""
    environment(tmp_path / "migrations")
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = /image/app/migrations\n")
    with pytest.raises(ProofError, match="there is no such folder") as caught:
        find(tmp_path)
    assert caught.value.remedy == "Write script_location = migrations in alembic.ini."


def test_folder_that_is_not_there_is_told_with_the_one_beside_its_own_configuration(tmp_path: Path) -> None:
    environment(tmp_path / "app" / "audit")
    folder = environment(tmp_path / "app" / "core")
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = /image/app/core\n")
    with pytest.raises(ProofError) as caught:
        find(tmp_path)
    assert caught.value.remedy == "Write script_location = %(here)s in app/core/alembic.ini."


def test_configuration_of_another_folder_is_told_with_the_line_that_looks_there(tmp_path: Path) -> None:
    environment(tmp_path / "backend" / "migrations")
    (tmp_path / "backend" / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    with pytest.raises(ProofError) as caught:
        find(tmp_path)
    assert caught.value.remedy == f"Look there: schemaproof init --project {tmp_path / 'backend'}"
    assert find(tmp_path / "backend").folder == tmp_path / "backend" / "migrations"


@pytest.mark.parametrize("source", ["", "src/"])
def test_folder_in_a_package_is_found_without_an_import(tmp_path: Path, source: str) -> None:
    folder = environment(tmp_path / source / "app" / "db" / "migrations")
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = app.db:migrations\n")
    assert find(tmp_path).folder == folder


def test_folder_in_a_package_that_is_elsewhere_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = app:migrations\n")
    assert find(tmp_path).folder is None


def test_configuration_that_says_nothing_is_helped_by_env_py(tmp_path: Path) -> None:
    """As Flask-Migrate leaves it."""
    folder = environment(tmp_path / "migrations")
    (folder / "alembic.ini").write_text("[alembic]\n")
    found = find(tmp_path)
    assert (found.alembic_ini, found.script_location) == (Path("migrations/alembic.ini"), "migrations")


def test_project_without_a_configuration_is_known_by_env_py(tmp_path: Path) -> None:
    environment(tmp_path / "app" / "migrations")
    found = find(tmp_path)
    assert (found.alembic_ini, found.script_location) == (None, "app/migrations")


@pytest.mark.parametrize("folder", ["tests", ".venv", "node_modules"])
def test_what_is_no_part_of_the_project_is_passed_over(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "alembic.ini").touch()
    with pytest.raises(ProofError, match="No Alembic project in ") as caught:
        find(tmp_path)
    assert "--project DIR" in caught.value.remedy


def test_configuration_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(nowhere)s\n")
    with pytest.raises(ProofError, match="can't be read"):
        find(tmp_path)
