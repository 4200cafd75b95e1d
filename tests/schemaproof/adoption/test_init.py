"""``schemaproof init``: what it prints, what it writes, and that verify runs green with it."""

import os
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemaproof.adoption.ci import GITHUB, GITLAB
from schemaproof.cli import main
from schemaproof.postgres import Server
from tests.example import ROOT, assemble
from tests.schemaproof.stock import TEMPLATES, stock_project


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def written(folder: Path, before: Mapping[str, bytes]) -> set[str]:
    """The files that have come, or have become longer; no other has changed."""
    after = snapshot(folder)
    assert all(after[name].startswith(text) for name, text in before.items())
    return {name for name, text in after.items() if before.get(name) != text}


def table(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())["tool"]["schemaproof"]
    return found


@pytest.mark.parametrize("template", TEMPLATES)
def test_service_of_alembic_init_is_green_with_what_is_written(
    tmp_path: Path, template: str, postgres_server: Server
) -> None:
    stock_project(tmp_path, template)
    (tmp_path / "requirements.txt").write_text("alembic\npytest\n")
    before = snapshot(tmp_path)
    assert main(["init", "--project", str(tmp_path), "--write"]) == 0
    assert written(tmp_path, before) == {GITHUB, "tests/test_migrations.py"}
    url = postgres_server.url.render_as_string(hide_password=False)
    checks = ["--select", "history,upgrade,downgrade,parity,offline", "--no-cache"]
    assert main(["verify", "--project", str(tmp_path), "--postgres", url, *checks]) == 0


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("location-in-package", {"script-location": "flow/migrations", "url-env": "FLOW__DATABASE__CONNECTION"}),
        (
            "settings-of-its-own",
            {"alembic-ini": "orders/database/alembic.ini", "url-env": "ORDERS_API_DATABASE_CONNECTION_URL"},
        ),
        ("url-of-another-name", {"script-location": "depot/migrations", "url-option": "url"}),
        (
            "application-context",
            {
                "alembic-ini": "migrations/alembic.ini",
                "script-location": "migrations",
                "url-env": "SQLALCHEMY_DATABASE_URI",
            },
        ),
    ],
)
def test_settings_that_an_application_needs_are_found(tmp_path: Path, name: str, settings: dict[str, str]) -> None:
    """But for functions that only their authors know."""
    project = assemble(ROOT / "upgrade-from-empty" / f"sound-{name}", tmp_path / "project")
    (project / "pyproject.toml").unlink()
    assert main(["init", "--project", str(project), "--write"]) == 0
    assert table(project) == settings


def test_argument_of_the_command_line_is_given(tmp_path: Path) -> None:
    project = assemble(ROOT / "upgrade-from-empty" / "sound-x-argument", tmp_path / "project")
    (project / "pyproject.toml").unlink()
    assert main(["init", "--project", str(project), "--write"]) == 0
    assert table(project) == {"x": ["url={url}"]}


def test_sections_are_chosen_and_the_others_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = assemble(ROOT / "upgrade-from-empty" / "sound-section-of-another-name", tmp_path / "project")
    (project / "pyproject.toml").unlink()
    assert main(["init", "--project", str(project), "--write"]) == 0
    assert table(project) == {"name": "core"}
    assert "[core] is verified; each other by a run of its own: `schemaproof verify --name tenant`" in (
        capsys.readouterr().out
    )


def test_application_that_is_not_found_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stock_project(tmp_path, "generic")
    (tmp_path / "migrations" / "env.py").write_text("from flask import current_app\n")
    assert main(["init", "--project", str(tmp_path)]) == 0
    assert "asks for current_app: name the function that makes it" in capsys.readouterr().out


def test_defaults_are_not_said_to_do_where_nothing_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What env.py takes its URL from is in a module that only an import finds."""
    stock_project(tmp_path, "generic")
    (tmp_path / "migrations" / "env.py").write_text("from of_the_company import run\n\nrun(engine_of('orders'))\n")
    assert main(["init", "--project", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "nothing was found that it is read from" in shown
    assert "the defaults do" not in shown
    assert "set in [tool.schemaproof] if verify does not get along without: url-env, url-option" in shown


def test_service_with_flask_gets_its_application(tmp_path: Path) -> None:
    stock_project(tmp_path, "generic")
    (tmp_path / "migrations" / "env.py").write_text("from flask import current_app\n")
    (tmp_path / "app.py").write_text('def create_app():\n    return os.environ["SQLALCHEMY_DATABASE_URI"]\n')
    assert main(["init", "--project", str(tmp_path), "--write"]) == 0
    assert table(tmp_path) == {"url-env": "SQLALCHEMY_DATABASE_URI", "before": "app:create_app"}


def test_nothing_is_written_without_being_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stock_project(tmp_path, "generic")
    before = snapshot(tmp_path)
    assert main(["init", "--project", str(tmp_path)]) == 0
    assert snapshot(tmp_path) == before
    out = capsys.readouterr().out
    assert f"would write {GITHUB} (nothing says GitLab; " in out
    assert "Nothing was written: `schemaproof init --write` does." in out


def test_what_is_there_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stock_project(tmp_path, "generic")
    (tmp_path / "requirements.txt").write_text("pytest\n")
    (tmp_path / "migrations" / "env.py").write_text('import os\nos.environ["APP_DB_URL"]\n')
    (tmp_path / "pyproject.toml").write_text("[tool.schemaproof]\ndeployers = 3\n")
    for name in (GITLAB, "tests/test_migrations.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("mine\n")
    before = snapshot(tmp_path)
    assert main(["init", "--project", str(tmp_path), "--write"]) == 0
    assert snapshot(tmp_path) == before
    out = capsys.readouterr().out
    assert "add by hand to pyproject.toml (it has a [tool.schemaproof])\n  | [tool.schemaproof]\n" in out
    assert '  | url-env = "APP_DB_URL"' in out
    assert f"add by hand to {GITLAB} ({GITLAB} is there)" in out
    assert "add by hand to tests/test_migrations.py" in out


def test_table_goes_to_the_end_of_the_pyproject_that_is_there(tmp_path: Path) -> None:
    stock_project(tmp_path, "generic")
    (tmp_path / "migrations" / "env.py").write_text('import os\nos.environ["DB_HOST"], os.environ["DB_NAME"]\n')
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"')
    assert main(["init", "--project", str(tmp_path), "--write"]) == 0
    assert table(tmp_path) == {"environment": {"DB_HOST": "{host}", "DB_NAME": "{database}"}}


def test_ci_file_of_github_is_yaml_whose_commands_have_the_projects_way(tmp_path: Path) -> None:
    stock_project(tmp_path, "generic")
    (tmp_path / "uv.lock").touch()
    (tmp_path / ".python-version").write_text("3.13\n")
    assert main(["init", "--project", str(tmp_path), "--write"]) == 0
    (job,) = yaml.safe_load((tmp_path / GITHUB).read_text())["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands[:2] == ["pipx install uv", "uv sync"]
    assert commands[3:] == [
        'uv run --no-sync schemaproof verify --since "origin/$GITHUB_BASE_REF" --junit schemaproof.xml',
        "uv run --no-sync schemaproof verify --junit schemaproof.xml",
    ]
    assert [step["with"]["python-version"] for step in job["steps"] if "python" in step.get("uses", "")] == ["3.13"]


def git(folder: Path, *arguments: str) -> None:
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", "-C", str(folder), *arguments]
    subprocess.run(command, check=True, capture_output=True, env=environment)


def test_ci_file_of_gitlab_is_in_the_repositorys_folder_and_works_in_the_projects(tmp_path: Path) -> None:
    (tmp_path / "service").mkdir()
    stock_project(tmp_path / "service", "generic")
    git(tmp_path, "init")
    git(tmp_path, "remote", "add", "origin", "git@gitlab.example.org:team/service.git")
    assert main(["init", "--project", str(tmp_path / "service"), "--write"]) == 0
    job = yaml.safe_load((tmp_path / GITLAB).read_text())["schemaproof"]
    assert job["script"][0] == "cd service/"
    assert job["cache"]["paths"] == ["service/.schemaproof_cache"]
    assert job["script"][-1] == "schemaproof verify $since --junit schemaproof.xml"


def test_folder_without_alembic_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--project", str(tmp_path)]) == 2
    assert "No Alembic project in " in capsys.readouterr().err
    assert main(["init", "--project", str(tmp_path / "none")]) == 2
