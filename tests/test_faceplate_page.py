"""What Faceplate's page shows is true: the quickstart's steps are run, and its tables are those of the code."""

import dataclasses
import os
import re
import subprocess
import tomllib

import pytest

from schema.settings import PREFIX, Settings
from schemaproof.postgres import Database, binaries
from tests.documents import ROOT, Document
from tests.pool.faults import FAULTS, SLACK
from tests.schemaproof.warm import Warm

PAGE = Document("docs/faceplate.md")


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


def test_page_faults_are_those_of_the_tests() -> None:
    table = PAGE.rows("| fault | the caller sees |")
    assert [(name, seen, left) for name, seen, _, left in table] == [
        (name, FAULTS[name].sees, "0") for name in sorted(FAULTS)
    ]
    for name, _, seconds, _ in table:
        assert FAULTS[name].at_least <= float(seconds) <= FAULTS[name].at_most + SLACK


def test_page_settings_are_the_pools_with_their_defaults() -> None:
    shown: dict[str, str] = {}
    for variables, defaults, _ in PAGE.rows("| environment | default |"):
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


def test_page_quickstarts_alembic_commands_succeed_in_order(warm: Warm, empty_database: Database) -> None:
    outputs = [run(warm, empty_database, "alembic", *arguments) for arguments in PAGE.commands("alembic")]
    assert [arguments[0] for arguments in PAGE.commands("alembic")] == [
        *("upgrade", "check"),
        *("current", "history", "downgrade", "upgrade"),
    ]
    assert "No new upgrade operations detected" in outputs[1]
    assert "(head)" in outputs[2]


def test_page_look_at_the_schema_shows_the_four_tables(postgres_database: Database) -> None:
    (listing,) = PAGE.blocks("psql")
    fields = [line.split("|") for line in psql(postgres_database, listing).splitlines()]
    assert fields[0][0] == "faceplate"
    tables = {line[1] for line in fields[1:]}
    assert tables == {"alembic_version", "conversations", "mcp_configs", "messages", "users"}


def test_page_deletion_takes_along_what_it_says(postgres_database: Database) -> None:
    (deletion,) = PAGE.blocks("sql")
    assert psql(postgres_database, deletion).splitlines()[-2:] == ["0", "0"]


@pytest.mark.parametrize(
    "arguments", PAGE.commands("pytest"), ids=lambda arguments: arguments[0]
)  # not "-k cascade"'s own
def test_page_pytest_commands_select_tests(warm: Warm, arguments: list[str]) -> None:
    done = warm.run("pytest", "--collect-only", "-q", *arguments, cwd=ROOT)
    assert done.returncode == pytest.ExitCode.OK
    assert re.search(r"[1-9]\d*(/\d+)? tests collected", done.stdout)


def test_page_names_nox_sessions_that_there_are() -> None:
    sessions = set(re.findall(r"^def ([a-z]\w*)\(session", (ROOT / "noxfile.py").read_text(), re.MULTILINE))
    (sentence,) = re.findall(r"^Parts of it: (.*)\(`uv run nox --list`\)", PAGE.text, re.MULTILINE)
    named = {word.removeprefix("uv run nox -s ") for word in re.findall(r"`([^`]+)`", sentence)}
    assert named <= sessions
    assert {arguments[-1] for arguments in PAGE.commands("nox")} <= sessions


def test_compose_server_is_productions_and_on_the_loopback_alone() -> None:
    compose = (ROOT / "compose.yaml").read_text()
    image = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["schemaproof"]["postgres-image"]
    assert f"image: {image}" in compose
    assert re.findall(r"- (\S+:5432)$", compose, re.MULTILINE) == ["127.0.0.1:5432:5432"]


def test_compose_server_is_the_one_that_the_pages_url_names() -> None:
    compose = (ROOT / "compose.yaml").read_text()
    user, password, database = (
        re.search(rf"POSTGRES_{name}: (?:\$\{{POSTGRES_{name}:-)?(\w+)", compose) for name in ("USER", "PASSWORD", "DB")
    )
    assert user is not None
    assert password is not None
    assert database is not None
    assert f"postgresql+asyncpg://{user[1]}:{password[1]}@localhost:5432/{database[1]}" in PAGE.text
