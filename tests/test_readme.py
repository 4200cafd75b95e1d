"""What the README shows is true: its examples are run, and so are the quickstart's steps."""

import dataclasses
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from schema.settings import PREFIX, Settings
from schemaproof.postgres import Database, binaries
from schemaproof.project.pyproject import KEYS
from schemaproof.proofs.registry import CHECKS
from tests.example import ROOT as EXAMPLES
from tests.example import assemble
from tests.pool.faults import FAULTS, SLACK
from tests.schemaproof.stock import stock_project
from tests.schemaproof.warm import Warm

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The contents of the README's code blocks in ``language``, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands(program: str) -> list[list[str]]:
    """The arguments of each ``uv run PROGRAM`` in the README, in order."""
    lines = "".join(blocks("bash")).splitlines()
    return [shlex.split(line)[3:] for line in lines if line.startswith(f"uv run {program}")]


def run(warm: Warm, database: Database, module: str, *arguments: str) -> str:
    """What ``python -m module`` prints in this folder with DATABASE_URL set, having succeeded."""
    url = database.url().render_as_string(hide_password=False)
    done = warm.run(module, *arguments, cwd=ROOT, env=os.environ | {"DATABASE_URL": url})
    assert done.returncode == 0, done.stderr
    return done.stdout


def psql(database: Database, script: str) -> str:
    """What psql prints for ``script``, without table borders and footers."""
    done = subprocess.run(
        [binaries.find(None).program("psql"), "--no-psqlrc", "--set=ON_ERROR_STOP=1", "-At", database.dsn],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def without_accidents(line: str) -> str:
    """``line`` without what is different in every run: password, port and name of a throwaway database."""
    return re.sub(r"postgres:[^@]+@127\.0\.0\.1:\d+/schemaproof_\w+", "...", line).rstrip()


def test_readme_example_fails_as_the_readme_shows(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a terminal of 80 columns: where one of these variables is set, pytest does not shorten its summary."""
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    example = blocks("python")[-1]
    command, *shown = blocks("console")[2].splitlines()
    name = example.splitlines()[0].removeprefix("# ")
    (pytester.path / name).write_text(example)
    arguments = shlex.split(command.removeprefix("$ pytest "))
    printed = [without_accidents(line) for line in pytester.runpytest_subprocess(*arguments).outlines]
    positions = [printed.index(without_accidents(line)) for line in shown]
    assert positions == sorted(positions)


@pytest.mark.parametrize("number", [1, 2])
def test_readme_fixtures_are_what_it_shows(pytester: pytest.Pytester, warm: Warm, number: int) -> None:
    """In a project as `alembic init` makes it: first the fixtures as they are, then the template of its own."""
    stock_project(pytester.path, "generic")
    imports = (
        "from pathlib import Path\nimport pytest\nfrom alembic import command\nfrom alembic.config import Config\n"
    )
    shown = [block for block in blocks("python") if "_database" in block or "postgres_template" in block][number - 1]
    if number == 1:
        pytester.makepyfile(shown.replace('"0007"', '"base"') + "    assert after.name != before.name\n")
    else:
        pytester.makeconftest(imports + shown)
        tables = 'connection.execute("SELECT FROM users")'
        connect = "psycopg.connect(postgres_database.dsn) as connection"
        pytester.makepyfile(f"import psycopg\ndef test_a(postgres_database):\n    with {connect}: {tables}\n")
    warm.pytest(pytester, "--postgres", "embedded", "-W", "ignore").assert_outcomes(passed=1)


def test_readme_faulty_downgrade_is_told_as_the_readme_shows(tmp_path: Path) -> None:
    """In its own words, but for the seconds and the server's release."""
    project = assemble(EXAMPLES / "downgrade-restores" / "faulty-leaves-enum", tmp_path / "project")
    place, shown = blocks("python")[0].split("\n", maxsplit=1)
    assert shown in (project / place.removeprefix("# ")).read_text(encoding="utf-8")
    command, *lines = blocks("console")[1].splitlines()
    arguments = shlex.split(command.removeprefix("$ schemaproof "))
    done = subprocess.run(
        [Path(sys.executable).with_name("schemaproof"), *arguments, "--project", str(project)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert [untimed(line) for line in done.stdout.splitlines()] == [untimed(line) for line in lines]


def untimed(line: str) -> str:
    """``line`` without the seconds that a verification took, and the server's release."""
    line = re.sub(r"^postgres: embedded PostgreSQL [\d.]+ \(\S+\)", "...", line)
    return re.sub(r"in [\d.]+ s (on PostgreSQL [\d.]+|\(\d+ a second\))", "...", line)


def test_readme_checks_are_those_of_the_registry() -> None:
    table = README[README.index("| area | checks |") : README.index("The exit status is 0")]
    assert set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", table)) == {check.id for check in CHECKS}


def rows(head: str) -> list[list[str]]:
    """The cells of the README's table whose first line is ``head``."""
    lines = README[README.index(head) :].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_readme_faults_are_those_of_the_tests() -> None:
    table = rows("| fault | the caller sees |")
    assert [(name, seen, left) for name, seen, _, left in table] == [
        (name, FAULTS[name].sees, "0") for name in sorted(FAULTS)
    ]
    for name, _, seconds, _ in table:
        assert FAULTS[name].at_least <= float(seconds) <= FAULTS[name].at_most + SLACK


def test_readme_settings_are_the_pools_with_their_defaults() -> None:
    shown: dict[str, str] = {}
    for variables, defaults, _ in rows("| environment | default |"):
        shown |= dict(zip(re.findall(r"`(\w+)`", variables), defaults.split(", "), strict=True))
    settings = [each for each in dataclasses.fields(Settings) if each.name != "url"]
    assert shown == {
        PREFIX + each.name.upper(): "none"
        if each.default is None
        else f"{each.default:g}"
        if isinstance(each.default, float)
        else str(each.default)
        for each in settings
    }


def test_readme_tables_have_every_key_of_the_table() -> None:
    named = "".join(key for key, *_ in rows("| `[tool.schemaproof]` | command line |"))
    named += "".join(row[2] for row in rows("| command line | environment |"))
    tables = set(re.findall(r"\[\[tool\.schemaproof\.(\w+)\]\]", README))
    assert set(re.findall(r"`([a-z-]+)`", named)) | tables == set(KEYS)


def test_readme_quickstarts_alembic_commands_succeed_in_order(warm: Warm, empty_database: Database) -> None:
    outputs = [run(warm, empty_database, "alembic", *arguments) for arguments in commands("alembic")]
    assert [arguments[0] for arguments in commands("alembic")] == [
        *("upgrade", "check"),
        *("current", "history", "downgrade", "upgrade"),
    ]
    assert "No new upgrade operations detected" in outputs[1]
    assert "(head)" in outputs[2]


def test_readme_look_at_the_schema_shows_the_four_tables(postgres_database: Database) -> None:
    listing, _ = blocks("sql")
    fields = [line.split("|") for line in psql(postgres_database, listing).splitlines()]
    assert fields[0][0] == "faceplate"
    tables = {line[1] for line in fields[1:]}
    assert tables == {"alembic_version", "conversations", "mcp_configs", "messages", "users"}


def test_readme_deletion_takes_along_what_it_says(postgres_database: Database) -> None:
    _, deletion = blocks("sql")
    assert psql(postgres_database, deletion).splitlines()[-2:] == ["0", "0"]


@pytest.mark.parametrize("arguments", commands("pytest"), ids=lambda arguments: arguments[0])  # not "-k cascade"'s own
def test_readme_pytest_commands_select_tests(warm: Warm, arguments: list[str]) -> None:
    done = warm.run("pytest", "--collect-only", "-q", *arguments, cwd=ROOT)
    assert done.returncode == pytest.ExitCode.OK
    assert re.search(r"[1-9]\d*(/\d+)? tests collected", done.stdout)


def test_readme_names_nox_sessions_that_there_are() -> None:
    sessions = set(re.findall(r"^def ([a-z]\w*)\(session", (ROOT / "noxfile.py").read_text(), re.MULTILINE))
    (sentence,) = re.findall(r"^Parts of it: (.*)\(`uv run nox --list`\)", README, re.MULTILINE)
    named = {word.removeprefix("uv run nox -s ") for word in re.findall(r"`([^`]+)`", sentence)}
    assert named <= sessions
    assert {arguments[-1] for arguments in commands("nox")} <= sessions


def test_compose_server_is_productions_and_on_the_loopback_alone() -> None:
    compose = (ROOT / "compose.yaml").read_text()
    image = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["schemaproof"]["postgres-image"]
    assert f"image: {image}" in compose
    assert re.findall(r"- (\S+:5432)$", compose, re.MULTILINE) == ["127.0.0.1:5432:5432"]


def test_compose_server_is_the_one_that_the_readmes_url_names() -> None:
    compose = (ROOT / "compose.yaml").read_text()
    user, password, database = (
        re.search(rf"POSTGRES_{name}: (?:\$\{{POSTGRES_{name}:-)?(\w+)", compose) for name in ("USER", "PASSWORD", "DB")
    )
    assert user is not None
    assert password is not None
    assert database is not None
    assert f"postgresql+asyncpg://{user[1]}:{password[1]}@localhost:5432/{database[1]}" in README
