"""Which driver a project is found to use, and why."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from schemaproof.migration import drivers
from schemaproof.migration.drivers import PLAIN, choices
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.project.subject import SubjectError
from schemaproof.report.text import render
from tests.schemaproof.projects import ENV, make_project, table
from tests.schemaproof.run.test_verify import verified

VARIABLE = "DRIVERS_TEST_URL"
ASYNC = "from sqlalchemy.ext.asyncio import create_async_engine\n"


@pytest.fixture(autouse=True)
def all_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drivers, "_is_importable", lambda _: True)


def chosen(project: Path, files: Mapping[str, str], *, url: str | None = None) -> tuple[str, str]:
    """The first choice for a project of these ``files``, and why."""
    (project / ".git").mkdir()
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    first = next(choices(project, project / "migrations", None, url, VARIABLE))
    return first.driver, first.why


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("migrations/env.py", "URL = 'postgresql+psycopg2://app@db/app'"),
        ("settings.py", "URL = URL.create('postgresql+psycopg2', host='db')"),
        ("app/core/config.py", 'url = f"postgresql+psycopg2://{user}@{host}/app"'),
        (".env", f"{VARIABLE}=postgresql+psycopg2://app@localhost/app"),
        (".env.example", f"{VARIABLE}=postgres+psycopg2://app@localhost/app"),
        ("requirements.txt", "sqlalchemy==2.0.1\npsycopg2-binary==2.9.9 ; python_version > '3.8'\n"),
        ("requirements/base.txt", "psycopg2>=2.9\n"),
        ("dev-requirements.txt", "Psycopg2_Binary\n"),
        ("pyproject.toml", '[project]\ndependencies = ["psycopg2-binary>=2.9"]'),
        ("pyproject.toml", '[project.optional-dependencies]\npostgres = ["psycopg2~=2.9"]'),
        ("pyproject.toml", '[dependency-groups]\ndb = [{include-group = "x"}, "psycopg2"]'),
        ("pyproject.toml", '[tool.poetry.dependencies]\npsycopg2-binary = "^2.9"'),
        ("pyproject.toml", '[tool.poetry.group.db.dependencies]\npsycopg2 = {version = "^2.9", optional = true}'),
        ("Pipfile", '[packages]\npsycopg2-binary = "*"'),
        ("setup.cfg", "[options]\ninstall_requires =\n    psycopg2-binary\n"),
        ("setup.py", "setup(install_requires=['psycopg2>=2.8'])"),
    ],
)
def test_driver_that_a_project_names_comes_first(tmp_path: Path, name: str, text: str) -> None:
    assert chosen(tmp_path, {name: text}) == ("psycopg2", f"named in {name}")


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        (
            "psycopg[binary]==3.2\n    # via schemaproof\npsycopg2-binary==2.9\n    # via -r requirements.in\n",
            "psycopg2",
        ),
        ("psycopg[binary]==3.2\n    # via\n    #   -r requirements.in\n    #   schemaproof\n", "psycopg"),
        ("asyncpg\npsycopg2\n", "psycopg2"),
        ("# psycopg2\npsycopg2cffi\npsycopg-pool\nasyncpg-listen\nasyncpg\n", "asyncpg"),
    ],
)
def test_requirements_name_what_the_migrations_need(tmp_path: Path, text: str, driver: str) -> None:
    assert chosen(tmp_path, {"requirements.txt": text})[0] == driver


def test_async_env_py_gets_the_async_driver_of_several(tmp_path: Path) -> None:
    files = {"requirements.txt": "psycopg2-binary\nasyncpg\n", "migrations/env.py": ASYNC}
    assert chosen(tmp_path, files)[0] == "asyncpg"


@pytest.mark.parametrize(
    ("url", "choice"),
    [
        ("postgresql+psycopg2://app@db/app", ("psycopg2", "named in sqlalchemy.url")),
        ("postgresql://app@db/app", (PLAIN, "sqlalchemy.url names none")),
        ("driver://user:pass@localhost/dbname", ("psycopg", "named in requirements.txt")),
        ("postgresql://app:%(password)s@db:%(port)s/app", ("psycopg", "named in requirements.txt")),
        ("sqlite:///app.db", ("psycopg", "named in requirements.txt")),
    ],
)
def test_url_of_the_project_itself_comes_before_its_files(tmp_path: Path, url: str, choice: tuple[str, str]) -> None:
    assert chosen(tmp_path, {"requirements.txt": "psycopg"}, url=url) == choice


def test_url_of_the_environment_is_the_projects_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "postgresql+asyncpg://app@production/app")
    assert chosen(tmp_path, {"requirements.txt": "psycopg2"}) == ("asyncpg", f"named in the environment's {VARIABLE}")


def test_tests_and_revisions_name_nothing(tmp_path: Path) -> None:
    text = "URL = 'postgresql+psycopg2://app@db/app'"
    files = {"tests/conftest.py": text, "migrations/versions/0001.py": text, ".venv/x.py": text, "test_app.py": text}
    assert chosen(tmp_path, files | {"requirements.txt": "asyncpg"})[0] == "asyncpg"


def test_dependencies_of_the_repository_count_where_the_folder_names_none(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("psycopg2-binary")
    (tmp_path / ".git").mkdir()
    project = tmp_path / "backend"
    project.mkdir()
    assert next(choices(project, project, None, None, VARIABLE)).driver == "psycopg2"


def test_what_the_harness_needs_itself_comes_last(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    found = [one.driver for one in choices(tmp_path, tmp_path, None, None, VARIABLE)]
    assert found == ["asyncpg", "psycopg2", "psycopg"]


def test_driver_that_is_given_is_the_only_one(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("psycopg2-binary")
    assert [one.driver for one in choices(tmp_path, tmp_path, "psycopg", None, VARIABLE)] == ["psycopg"]


@pytest.fixture
def really_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    pytest.importorskip("psycopg2", reason="psycopg2 is not installed")


@pytest.mark.usefixtures("really_installed")
def test_report_names_the_driver_and_why(tmp_path: Path, own_server: Server) -> None:
    """Its revision runs with psycopg2 alone: psycopg sends parameters to the server, which can't have them in DDL."""
    subject = replace(make_project(tmp_path, [table("t"), table("u")]), driver=None)
    (tmp_path / ".git").mkdir()
    (tmp_path / "requirements.txt").write_text("psycopg2-binary\n")
    file = tmp_path / "migrations" / "versions" / "0002.py"
    text = "op.get_bind().exec_driver_sql('CREATE TABLE u (id int PRIMARY KEY, n int DEFAULT %s)', (1,))"
    source = file.read_text().replace("op.execute('CREATE TABLE u (id int PRIMARY KEY)')", text)
    assert text in source
    file.write_text(source)
    report = verified(subject, own_server, "upgrade-from-empty", "downgrade-runs", "atomicity", "rerun-after-failure")
    assert report.findings == ()
    assert report.verdict == "sound"
    assert render(report).endswith(", driver psycopg2, named in requirements.txt\n")


@pytest.mark.usefixtures("really_installed")
@pytest.mark.parametrize("driver", ["psycopg2", "psycopg", "asyncpg"])
def test_driver_that_env_py_takes_itself_is_told(tmp_path: Path, own_server: Server, driver: str) -> None:
    url = f"config.get_main_option('sqlalchemy.url').replace('+{driver}', '+psycopg2')"
    env = ENV.replace('config.get_section("alembic")', f"{{'sqlalchemy.url': {url}}}")
    assert url in env
    with open_history(replace(make_project(tmp_path, [table("t")], env=env), driver=driver), own_server) as history:
        why = "as given" if driver == "psycopg2" else "env.py's own"
        assert history.facts.driver == ("psycopg2", why)
        assert history.stairs("0001").clean


def test_driver_that_is_not_known_is_refused_with_those_that_are(
    tmp_path: Path, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would fail in the midst of the checks that ask the driver about its session."""
    module = ModuleType("pg8000")
    module.__dict__.update({"__version__": "1.31.2", "paramstyle": "format", "Error": type("Error", (Exception,), {})})
    monkeypatch.setitem(sys.modules, "pg8000", module)
    url = "make_url(config.get_main_option('sqlalchemy.url')).set(drivername='postgresql+pg8000')"
    env = "from sqlalchemy import create_engine, make_url\n" + ENV.replace(
        'engine_from_config(config.get_section("alembic"), poolclass=NullPool)', f"create_engine({url})"
    )
    with (
        pytest.raises(SubjectError) as refused,
        open_history(make_project(tmp_path, [table("t")], env=env), own_server),
    ):
        pass
    assert refused.value.cause == (
        "env.py connects with the driver pg8000; schemaproof knows asyncpg, psycopg2 and psycopg."
    )
    assert "Let env.py use the URL in DATABASE_URL as it is" in refused.value.remedy
