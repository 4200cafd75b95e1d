"""What is told of a project whose metadata is not found where its settings say."""

import re
from pathlib import Path

import pytest
from sqlalchemy import MetaData

from schemaproof.project.compat import option
from schemaproof.project.configuration import source
from schemaproof.project.settings import Settings
from schemaproof.project.subject import Subject, SubjectError

MODELS = "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase):\n    pass\nbase = Base\nnumber = 3\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "subject_models.py").write_text(MODELS)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def refused(folder: Path, metadata: str) -> SubjectError:
    with pytest.raises(SubjectError) as caught:
        Subject(folder, metadata=metadata).import_metadata()
    return caught.value


def test_declarative_base_is_told_with_the_line_that_names_its_metadata(folder: Path) -> None:
    error = refused(folder, "subject_models:Base")
    assert error.cause == (
        "subject_models:Base is a declarative base, not a MetaData; did you mean subject_models:Base.metadata?"
    )
    (line,) = re.findall('metadata = ".*?"', error.remedy)
    (folder / "pyproject.toml").write_text(f"[tool.schemaproof]\n{line}\n")
    (found,) = Settings.read(folder, {}, known=()).subject.import_metadata()
    assert isinstance(found, MetaData)


def test_what_is_neither_is_told_with_its_type(folder: Path) -> None:
    error = refused(folder, "subject_models:number")
    assert error.cause == "subject_models:number is of type int, not MetaData."
    assert "app.models:Base.metadata" in error.remedy


@pytest.mark.parametrize(
    ("metadata", "remedy"),
    [
        ("subject_nowhere:Base", "prepend_sys_path = ."),
        ("subject_models:Bsae", "python -c 'import subject_models'"),
    ],
)
def test_metadata_that_cannot_be_imported_is_told_with_what_to_type(folder: Path, metadata: str, remedy: str) -> None:
    error = refused(folder, metadata)
    assert error.cause.startswith(f"metadata {metadata} can't be imported: ")
    assert remedy in error.remedy


def test_configuration_in_a_folder_below_is_pointed_to(tmp_path: Path) -> None:
    for folder in ("tests", "src/app"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    with pytest.raises(SubjectError) as caught:
        Subject(tmp_path).config()
    assert "Pass --alembic-ini src/app/alembic.ini; " in caught.value.remedy
    assert "--project src/app" in caught.value.remedy


def test_sections_of_several_databases_are_named(tmp_path: Path) -> None:
    (tmp_path / "alembic.ini").write_text("[core]\nscript_location = core\n[tenant]\nscript_location = tenant\n[log]\n")
    with pytest.raises(SubjectError) as caught:
        Subject(tmp_path).config()
    assert caught.value.cause.endswith("alembic.ini has no script_location in [alembic], but in [core], [tenant].")
    assert '--name core, or name = "core" in [tool.schemaproof].' in caught.value.remedy
    assert caught.value.remedy.endswith("Each section is verified by a run of its own.")


TWO = "[DEFAULT]\nscript_location = all\n[core]\n[tenant]\nscript_location = tenant\n[logger_root]\n[handlers]\nkeys=\n"


def test_section_that_is_named_is_alembics(tmp_path: Path) -> None:
    (tmp_path / "alembic.ini").write_text(TWO)
    configs = {name: Subject(tmp_path, name=name).config() for name in ("core", "tenant")}
    assert {name: one.config_ini_section for name, one in configs.items()} == {"core": "core", "tenant": "tenant"}
    assert {name: option(one, "script_location") for name, one in configs.items()} == {
        "core": "all",
        "tenant": "tenant",
    }


@pytest.mark.parametrize("before", [None, "app:create"])
def test_section_that_is_not_there_is_told_with_those_that_are(tmp_path: Path, before: str | None) -> None:
    """Alembic would take [tool.alembic] without a word."""
    (tmp_path / "pyproject.toml").write_text('[tool.alembic]\nscript_location = "other"\n')
    (tmp_path / "alembic.ini").write_text(TWO)
    with pytest.raises(SubjectError) as caught:
        Subject(tmp_path, name="tenants", before=before).config()
    assert caught.value.cause == "alembic.ini has no section [tenants]; there are [core], [tenant]."
    assert "--name tenant" in caught.value.remedy


def test_section_needs_a_file_that_has_it(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.alembic]\nscript_location = "other"\n')
    with pytest.raises(SubjectError) as caught:
        Subject(tmp_path, name="tenant").config()
    assert "no alembic.ini" in str(caught.value)


def test_section_of_a_program_that_names_the_folder_needs_no_file(tmp_path: Path) -> None:
    config = Subject(tmp_path, name="tenant", script_location="app:migrations").config()
    assert (config.config_ini_section, option(config, "script_location")) == ("tenant", "app:migrations")


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("import no_such_library.part", "No module named 'no_such_library': install it in the environment that runs"),
        ("raise RuntimeError('set SECRET')", "Set variables that it needs in [tool.schemaproof.environment]."),
        (
            "from subject_models import nothing",
            "Check the name (MODULE:ATTRIBUTE); in the project's folder, `python -c",
        ),
    ],
)
def test_module_that_fails_is_told_with_what_it_lacks(folder: Path, code: str, remedy: str) -> None:
    (folder / "subject_failing.py").write_text(code)
    told = refused(folder, "subject_failing:Base").remedy
    assert remedy in told
    assert "prepend_sys_path" not in told


def test_module_that_a_package_has_not_is_no_matter_of_the_module_path(folder: Path) -> None:
    """Python has found the package."""
    (folder / "subject_package").mkdir()
    error = refused(folder, "subject_package.nowhere:Base")
    assert "No module named 'subject_package.nowhere'" in error.cause
    assert "prepend_sys_path" not in error.remedy


def test_folder_that_the_settings_name_needs_no_configuration_of_alembic(tmp_path: Path) -> None:
    config = Subject(tmp_path, script_location="100%/app:migrations").config()
    assert config.config_file_name is None
    assert option(config, "script_location") == "100%/app:migrations"
    assert option(config, "prepend_sys_path") == "."


def test_folder_that_the_settings_name_goes_before_alembics(tmp_path: Path) -> None:
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = other\nprepend_sys_path = src\n")
    config = Subject(tmp_path, script_location="migrations").config()
    assert option(config, "script_location") == "migrations"
    assert option(config, "prepend_sys_path") == "src"
    assert source(config, "script_location") == "pyproject.toml (script-location in [tool.schemaproof])"


def test_folder_that_nobody_names_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="No Alembic project") as caught:
        Subject(tmp_path).config()
    assert "--script-location FOLDER" in caught.value.remedy
