"""Which server is wanted: the three ways of saying it, and what is said of a wrong value."""

from pathlib import Path

import pytest

from schemaproof.postgres import Options, PostgresError


def project(folder: Path, table: str) -> Path:
    """``folder`` with a pyproject.toml that holds ``table``."""
    (folder / "pyproject.toml").write_text(table)
    return folder


def test_options_default_to_auto_and_a_pinned_official_image(tmp_path: Path) -> None:
    options = Options.read(tmp_path, environ={})
    assert (options.provider, options.image, options.bindir, options.given) == ("auto", "postgres:17", None, False)


def test_options_are_taken_from_pyproject(tmp_path: Path) -> None:
    folder = project(tmp_path, '[tool.schemaproof]\npostgres = "embedded"\npostgres-image = "postgres:16"')
    options = Options.read(folder, environ={})
    assert (options.provider, options.image, options.given) == ("embedded", "postgres:16", True)


def test_options_of_the_environment_go_before_pyproject(tmp_path: Path) -> None:
    folder = project(tmp_path, '[tool.schemaproof]\npostgres = "embedded"')
    assert Options.read(folder, environ={"SCHEMAPROOF_POSTGRES": "container"}).provider == "container"


def test_options_of_the_command_line_go_before_the_environment(tmp_path: Path) -> None:
    environ = {"SCHEMAPROOF_POSTGRES": "container", "SCHEMAPROOF_POSTGRES_IMAGE": "postgres:15"}
    options = Options.read(tmp_path, provider="embedded", image="postgres:14", environ=environ)
    assert (options.provider, options.image) == ("embedded", "postgres:14")


@pytest.mark.parametrize("value", ["", "docker", "Embedded", "mysql://host/db"])
def test_options_with_a_wrong_server_name_the_valid_ones(tmp_path: Path, value: str) -> None:
    with pytest.raises(PostgresError) as caught:
        Options.read(tmp_path, environ={"SCHEMAPROOF_POSTGRES": value})
    assert caught.value.cause.startswith("SCHEMAPROOF_POSTGRES ")
    assert "auto, container, embedded, or a URL" in caught.value.remedy


def test_options_do_not_repeat_the_password_of_a_mistyped_url(tmp_path: Path) -> None:
    with pytest.raises(PostgresError) as caught:
        Options.read(tmp_path, provider="postgresq://me:hunter2@host/db", environ={})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("value", ["", "two words", " postgres:17"])
def test_options_refuse_what_is_no_image_name(tmp_path: Path, value: str) -> None:
    with pytest.raises(PostgresError, match="is not the name of an image"):
        Options.read(tmp_path, image=value, environ={})


def test_options_refuse_a_bindir_without_a_server(tmp_path: Path) -> None:
    with pytest.raises(PostgresError, match="no executable postgres and no initdb"):
        Options.read(tmp_path, bindir=str(tmp_path), environ={})


def test_options_refuse_a_bindir_beside_a_container(tmp_path: Path) -> None:
    for name in ("postgres", "initdb"):
        (tmp_path / name).touch(mode=0o755)
    with pytest.raises(
        PostgresError, match="--postgres-bindir is for the embedded server, but --postgres asks for a container"
    ):
        Options.read(tmp_path, provider="container", bindir=str(tmp_path), environ={})


def test_options_of_another_type_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PostgresError, match=r"postgres in \[tool.schemaproof\] is 17"):
        Options.read(project(tmp_path, "[tool.schemaproof]\npostgres = 17"), environ={})


def test_options_of_a_broken_pyproject_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(PostgresError, match=r"pyproject\.toml is not valid TOML"):
        Options.read(project(tmp_path, "[tool.schemaproof"), environ={})


def test_options_refuse_an_empty_bindir(tmp_path: Path) -> None:
    for name in ("postgres", "initdb"):
        (tmp_path / name).touch(mode=0o755)  # the folder that an empty value would mean
    with pytest.raises(PostgresError, match="SCHEMAPROOF_POSTGRES_BINDIR is ''"):
        Options.read(tmp_path, environ={"SCHEMAPROOF_POSTGRES_BINDIR": ""})


def test_options_take_a_bindir_relative_to_the_project(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("postgres", "initdb"):
        (tmp_path / "bin" / name).touch(mode=0o755)
    assert Options.read(tmp_path, bindir="bin", environ={}).bindir == tmp_path / "bin"


@pytest.mark.parametrize("value", ["postgresql://host:notaport/db", "postgresql+foo", "me:hunter2@host/db"])
def test_options_refuse_an_url_that_cannot_be_read_without_repeating_its_password(tmp_path: Path, value: str) -> None:
    with pytest.raises(PostgresError, match="is neither a provider nor a URL of PostgreSQL") as caught:
        Options.read(tmp_path, provider=value, environ={})
    assert "hunter2" not in str(caught.value)
